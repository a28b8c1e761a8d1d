"""Reads of people, their sessions, one-time tokens, counted attempts and OAuth tokens."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from app.auth import policies
from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import NotFound
from app.core.signing import hash_token
from app.models import LoginAttempt, OAuthClient, OAuthToken, User, UserSession, UserToken


def get_user(user_id: int) -> User:
    """The user. Errors: NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


def find_user(email: str) -> User | None:
    """The user with this address, however it is written."""
    return db.session.scalar(sa.select(User).where(User.email == policies.normalise_email(email)))


def is_verified(user_id: int) -> bool:
    """Whether this person's address is verified: asked before inviting and before real sends."""
    stmt = sa.select(User.email_verified_at).where(User.id == user_id)
    return db.session.scalar(stmt) is not None


def has_users() -> bool:
    """Whether anybody signed up yet."""
    return bool(db.session.scalar(sa.select(sa.exists().select_from(User))))


def find_session(token: str) -> tuple[UserSession, User] | None:
    """The live session of a cookie's token, with its user."""
    stmt = (
        sa.select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_hash == hash_token(token), *_live(utcnow()))
    )
    row = db.session.execute(stmt).first()
    return (row[0], row[1]) if token and row else None


def list_sessions(user_id: int) -> list[UserSession]:
    """The live sessions of a user, last seen first."""
    stmt = (
        sa.select(UserSession)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.user_id == user_id, *_live(utcnow()))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )
    return list(db.session.scalars(stmt))


def find_user_token(token: str, purpose: str) -> tuple[UserToken, User] | None:
    """A one-time token that still works, with its user. An empty token never does."""
    stmt = (
        sa.select(UserToken, User)
        .join(User, User.id == UserToken.user_id)
        .where(
            UserToken.token_hash == hash_token(token),
            UserToken.purpose == purpose,
            UserToken.used_at.is_(None),
            UserToken.expires_at > utcnow(),
            UserToken.email == User.email,
            User.is_disabled.is_(False),
        )
    )
    row = db.session.execute(stmt).first()
    return (row[0], row[1]) if token and row else None


def find_spent_token(token: str, purpose: str) -> User | None:
    """The user of a token that was used already: asked by pages that may be opened twice."""
    stmt = (
        sa.select(User)
        .join(UserToken, UserToken.user_id == User.id)
        .where(
            UserToken.token_hash == hash_token(token),
            UserToken.purpose == purpose,
            UserToken.used_at.is_not(None),
            UserToken.email == User.email,
        )
    )
    return db.session.scalar(stmt) if token else None


def has_recent_token(user_id: int, purpose: str, pause: timedelta) -> bool:
    """Whether a token for this purpose was made within the pause."""
    stmt = sa.select(
        sa.exists().where(
            UserToken.user_id == user_id,
            UserToken.purpose == purpose,
            UserToken.created_at > utcnow() - pause,
        )
    )
    return bool(db.session.scalar(stmt))


def attempts_since(purpose: str, since: datetime) -> sa.Select[datetime]:
    """The times of counted attempts for a purpose, newest first; the caller narrows it."""
    return (
        sa.select(LoginAttempt.at)
        .where(LoginAttempt.purpose == purpose, LoginAttempt.at > since)
        .order_by(LoginAttempt.at.desc())
    )


def find_client(client_id: int) -> OAuthClient | None:
    """An OAuth client that was not revoked."""
    stmt = sa.select(OAuthClient).where(
        OAuthClient.id == client_id, OAuthClient.revoked_at.is_(None)
    )
    return db.session.scalar(stmt)


def find_access_token(token: str) -> tuple[OAuthToken, User] | None:
    """The live access token, with its user."""
    stmt = (
        sa.select(OAuthToken, User)
        .join(User, User.id == OAuthToken.user_id)
        .where(
            OAuthToken.access_hash == hash_token(token),
            OAuthToken.revoked_at.is_(None),
            OAuthToken.access_expires_at > utcnow(),
            User.is_disabled.is_(False),
        )
    )
    row = db.session.execute(stmt).first()
    return (row[0], row[1]) if token and row else None


def find_refresh_token(token: str) -> tuple[OAuthToken, User] | None:
    """The row of a refresh token, dead or alive, with its user."""
    stmt = (
        sa.select(OAuthToken, User)
        .join(User, User.id == OAuthToken.user_id)
        .where(OAuthToken.refresh_hash == hash_token(token))
    )
    row = db.session.execute(stmt).first()
    return (row[0], row[1]) if token and row else None


def _live(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """What makes a session count: not revoked, not too old, not idle for too long."""
    idle = sa.or_(UserSession.is_remembered, UserSession.last_seen_at > now - policies.SESSION_IDLE)
    return (
        UserSession.revoked_at.is_(None),
        UserSession.expires_at > now,
        idle,
        User.is_disabled.is_(False),
    )
