"""People, sessions and tokens as JSON."""

from typing import Any

from app.models import User, UserSession


def user_json(user: User) -> dict[str, Any]:
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


def session_json(row: UserSession) -> dict[str, Any]:
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
