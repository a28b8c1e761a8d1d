"""Tokens of the JSON door: issued, rotated with reuse detection, revoked."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.auth import hashing, policies, queries
from app.auth.errors import ClientInvalid, RefreshInvalid
from app.core.clock import utcnow
from app.core.db import db
from app.core.signing import hash_token
from app.core.transactions import own_unit
from app.models import OAuthClient, OAuthToken, User

log = structlog.get_logger(__name__)
TOUCH_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class IssuedTokens:
    """What a client gets, once."""

    id: int
    access_token: str
    refresh_token: str
    expires_at: datetime
    expires_in: int
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Bearer:
    """Who an access token speaks for."""

    user_id: int
    token_id: int
    family: str
    scopes: tuple[str, ...]


def issue_tokens(
    user: User,
    client_id: int | None = None,
    *,
    name: str = "",
    scopes: tuple[str, ...] = (),
    family: str | None = None,
) -> IssuedTokens:
    """An access token for an hour and a refresh token for 30 days, of a new family."""
    access, refresh, now = hashing.new_token(), hashing.new_token(), utcnow()
    row = OAuthToken(
        user_id=user.id,
        client_id=client_id,
        family=family or hashing.new_token(),
        name=name,
        scopes=list(scopes),
        access_hash=hash_token(access),
        access_expires_at=now + policies.ACCESS_LIFE,
        refresh_hash=hash_token(refresh),
        refresh_expires_at=now + policies.REFRESH_LIFE,
    )
    db.session.add(row)
    db.session.flush()
    seconds = int(policies.ACCESS_LIFE.total_seconds())
    return IssuedTokens(row.id, access, refresh, row.access_expires_at, seconds, scopes)


def refresh_tokens(refresh_token: str, client_id: int | None = None) -> IssuedTokens:
    """Trade a refresh token for new ones; the old access and refresh tokens end.

    A token used twice was stolen from somebody: its whole family ends, in a unit of its own, as
    the refused request rolls back. Errors: RefreshInvalid.
    """
    found = queries.find_refresh_token(refresh_token)
    if found is None:
        raise RefreshInvalid("Cannot decrypt the refresh token")
    row, user = found
    _refuse_dead(row, user, client_id)
    now = utcnow()
    used = db.session.scalar(
        sa.update(OAuthToken)
        .where(
            OAuthToken.id == row.id,
            OAuthToken.refresh_used_at.is_(None),
            OAuthToken.revoked_at.is_(None),
        )
        .values(refresh_used_at=now, revoked_at=now)
        .returning(OAuthToken.id)
    )
    if used is None:
        _revoke_family(row.family)
        raise RefreshInvalid("Token has been revoked")
    return issue_tokens(
        user, row.client_id, name=row.name, scopes=tuple(row.scopes), family=row.family
    )


def find_bearer(token: str) -> Bearer | None:
    """Who this access token speaks for, or None when it is unknown, expired or revoked."""
    found = queries.find_access_token(token)
    if found is None:
        return None
    row, user = found
    now = utcnow()
    if row.last_used_at is None or row.last_used_at < now - TOUCH_EVERY:
        row.last_used_at = now
    return Bearer(user.id, row.id, row.family, tuple(row.scopes))


def revoke_token(token_id: int, user_id: int) -> bool:
    """End one access token with its refresh token; False when the user has no such live one."""
    done = db.session.scalar(
        sa.update(OAuthToken)
        .where(
            OAuthToken.id == token_id,
            OAuthToken.user_id == user_id,
            OAuthToken.revoked_at.is_(None),
        )
        .values(revoked_at=utcnow())
        .returning(OAuthToken.id)
    )
    return done is not None


def revoke_tokens(user_id: int) -> None:
    """End every token of a user."""
    db.session.execute(
        sa.update(OAuthToken)
        .where(OAuthToken.user_id == user_id, OAuthToken.revoked_at.is_(None))
        .values(revoked_at=utcnow())
    )


def create_client(name: str, *, is_public: bool = False) -> tuple[OAuthClient, str | None]:
    """A first-party client; its secret is shown once, a public client has none."""
    secret = None if is_public else hashing.new_token()
    client = OAuthClient(name=name, secret_hash=hash_token(secret) if secret else None)
    db.session.add(client)
    db.session.flush()
    return client, secret


def authenticate_client(client_id: int, secret: str | None) -> OAuthClient:
    """The client these credentials belong to. Errors: ClientInvalid."""
    client = queries.find_client(client_id)
    if client is None:
        raise ClientInvalid
    if client.secret_hash is not None and not (
        secret and hmac.compare_digest(client.secret_hash, hash_token(secret))
    ):
        raise ClientInvalid
    return client


def _refuse_dead(row: OAuthToken, user: User, client_id: int | None) -> None:
    if row.client_id != client_id:
        raise RefreshInvalid("Token is not linked to client")
    if row.refresh_used_at is not None:
        _revoke_family(row.family)
        raise RefreshInvalid("Token has been revoked")
    if row.revoked_at is not None or user.is_disabled:
        raise RefreshInvalid("Token has been revoked")
    if row.refresh_expires_at is None or row.refresh_expires_at <= utcnow():
        raise RefreshInvalid("Token has expired")


def _revoke_family(family: str) -> None:
    log.warning("refresh_token_reused")
    with own_unit() as session:
        session.execute(
            sa.update(OAuthToken)
            .where(OAuthToken.family == family, OAuthToken.revoked_at.is_(None))
            .values(revoked_at=utcnow())
        )
