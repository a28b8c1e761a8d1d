"""Signed-in browsers. The cookie holds an opaque token, the database its hash."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.auth import hashing, policies
from app.core.clock import utcnow
from app.core.db import db
from app.core.signing import hash_token
from app.models import User, UserSession

TOUCH_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class StartedSession:
    """A new session: its row's id, and the token that only the browser keeps."""

    id: int
    token: str


def start_session(
    user: User, *, ip: str = "", user_agent: str = "", remember: bool = False
) -> StartedSession:
    """Open a session for somebody who proved who they are; always a new token."""
    token = hashing.new_token()
    row = UserSession(
        user_id=user.id,
        token_hash=hash_token(token),
        is_remembered=remember,
        user_agent=user_agent[:300],
        ip=ip,
        expires_at=utcnow() + policies.SESSION_ABSOLUTE,
    )
    db.session.add(row)
    db.session.flush()
    return StartedSession(row.id, token)


def touch_session(row: UserSession) -> None:
    """Note that the session was used; written at most every five minutes."""
    now = utcnow()
    if row.last_seen_at > now - TOUCH_EVERY:
        return
    db.session.execute(
        sa.update(UserSession)
        .where(UserSession.id == row.id, UserSession.last_seen_at <= now - TOUCH_EVERY)
        .values(last_seen_at=now)
    )


def revoke_session(session_id: int, user_id: int) -> bool:
    """End one session of a user; False when there is none. Twice: no effect."""
    done = db.session.scalar(
        sa.update(UserSession)
        .where(
            UserSession.id == session_id,
            UserSession.user_id == user_id,
            UserSession.revoked_at.is_(None),
        )
        .values(revoked_at=utcnow())
        .returning(UserSession.id)
    )
    return done is not None


def revoke_sessions(user_id: int, *, keep_session_id: int | None = None) -> None:
    """End every session of a user, except one if named."""
    stmt = sa.update(UserSession).where(
        UserSession.user_id == user_id, UserSession.revoked_at.is_(None)
    )
    if keep_session_id is not None:
        stmt = stmt.where(UserSession.id != keep_session_id)
    db.session.execute(stmt.values(revoked_at=utcnow()))
