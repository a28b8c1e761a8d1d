"""People, sessions and tokens as JSON."""

from datetime import datetime

from typing_extensions import TypedDict

from app.models import User, UserSession


class UserJson(TypedDict):
    """A person, as seen by that person."""

    id: int
    name: str
    email: str
    email_verified_at: datetime | None
    is_admin: bool
    current_workspace_id: int | None
    time_zone: str
    created_at: datetime
    updated_at: datetime


class SessionJson(TypedDict):
    """A signed-in browser."""

    id: int
    ip: str
    user_agent: str
    remembered: bool
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class TokenJson(TypedDict):
    """Tokens, as Laravel Passport gives them. Not wrapped in `data`."""

    token_type: str
    expires_in: int
    access_token: str
    refresh_token: str


class LoginJson(TokenJson):
    """The same with their end and the person."""

    expires_at: datetime
    user: UserJson


def user_json(user: User) -> UserJson:
    """Oneself. Never the password hash."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "email_verified_at": user.email_verified_at,
        "is_admin": user.is_installation_admin,
        "current_workspace_id": user.current_workspace_id,
        "time_zone": user.time_zone,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }


def session_json(row: UserSession) -> SessionJson:
    """A signed-in browser."""
    return {
        "id": row.id,
        "ip": row.ip,
        "user_agent": row.user_agent,
        "remembered": row.is_remembered,
        "created_at": row.created_at,
        "last_seen_at": row.last_seen_at,
        "expires_at": row.expires_at,
    }
