"""Flask-Login on top of our sessions: the cookie holds only the opaque token of a session row.

The signed Flask cookie carries it under Flask-Login's user id, beside the CSRF secret. Both are
replaced at every sign-in, so a cookie planted before it is worth nothing after it.
"""

from dataclasses import dataclass

from flask import g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from app.auth import queries, services
from app.models import User


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """The signed-in person, as plain values that outlive the database session."""

    id: int
    email: str
    name: str
    is_installation_admin: bool
    is_verified: bool
    current_workspace_id: int | None
    time_zone: str
    session_id: int
    token: str

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie: the session's token, never the user's id."""
        return self.token

    @property
    def display_name(self) -> str:
        """The name, or the address of somebody without one."""
        return self.name or self.email


def init_app(login_manager: LoginManager) -> None:
    """Teach Flask-Login to find people by our sessions."""
    login_manager.session_protection = None  # the token is opaque and revocable by itself
    login_manager.user_loader(load_signed_in)


def load_signed_in(token: str) -> SignedIn | None:
    """The person behind a cookie's token, while the session lives."""
    found = queries.find_session(token)
    if found is None:
        return None
    row, user = found
    services.touch_session(row)
    return _snapshot(user, row.id, token)


def sign_in(user: User, *, remember: bool = False) -> None:
    """Open a session for this browser; an earlier one in the same cookie ends."""
    _end_current()
    started = services.start_session(
        user,
        ip=request.remote_addr or "",
        user_agent=request.user_agent.string,
        remember=remember,
    )
    session.permanent = remember
    login_user(_snapshot(user, started.id, started.token))


def sign_out() -> None:
    """End this browser's session, in the database too."""
    _end_current()


def _end_current() -> None:
    if current_user.is_authenticated:
        services.revoke_session(current_user.session_id, current_user.id)
        logout_user()
    session.clear()


def load_bearer(token: str) -> SignedIn | None:
    """The person behind an access token of the JSON door; the token's id is kept for logout."""
    bearer = services.find_bearer(token)
    if bearer is None:
        return None
    g.bearer_token_id = bearer.token_id
    return _snapshot(queries.get_user(bearer.user_id), 0, "")


def _snapshot(user: User, session_id: int, token: str) -> SignedIn:
    return SignedIn(
        id=user.id,
        email=user.email,
        name=user.name,
        is_installation_admin=user.is_installation_admin,
        is_verified=user.is_verified,
        current_workspace_id=user.current_workspace_id,
        time_zone=user.time_zone,
        session_id=session_id,
        token=token,
    )
