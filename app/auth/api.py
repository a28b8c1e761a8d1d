"""The JSON door of identity: log in, refresh, the person, sessions, and `POST /oauth/token`."""

from typing import Any

from flask import Response, g, request
from flask_login import current_user

from app.api.door import Numbered, Plain, endpoint, numbered
from app.auth import queries, services
from app.auth.oauth_server import answer_token_request, token_body
from app.auth.pace import RESET_SECONDS, answer_after
from app.auth.schemas import (
    ChangePasswordInput,
    ForgotInput,
    LoginInput,
    NameInput,
    RefreshInput,
    ResetInput,
    SignUpInput,
    VerifyInput,
)
from app.auth.serializers import (
    LoginJson,
    SessionJson,
    TokenJson,
    UserJson,
    session_json,
    user_json,
)
from app.core.errors import NotFound
from app.models import User


def _ip() -> str:
    return request.remote_addr or ""


def _me() -> User:
    return queries.get_user(current_user.id)


def _opened(user: User) -> dict[str, Any]:
    issued = services.issue_tokens(user, name="login")
    body = token_body(issued)
    return {**body, "expires_at": issued.expires_at, "user": user_json(user)}


@endpoint("POST", "/auth/login", guard="public", body=LoginInput, plain=LoginJson, refuses=(401,))
def login(value: LoginInput) -> Plain:
    """Trade address and password for tokens."""
    return Plain(_opened(services.authenticate(value.email, value.password, _ip())))


@endpoint("POST", "/auth/register", guard="public", body=SignUpInput, status=201, plain=LoginJson)
def register(value: SignUpInput) -> Plain:
    """Sign up; a verification mail is sent."""
    user = services.sign_up(value.email, value.password, name=value.name, ip=_ip())
    return Plain(_opened(user), 201)


@endpoint(
    "POST", "/auth/refresh", guard="public", body=RefreshInput, plain=TokenJson, refuses=(401,)
)
def refresh(value: RefreshInput) -> Plain:
    """Trade a refresh token of `/auth/login` for new tokens."""
    return Plain(token_body(services.refresh_tokens(value.refresh_token)))


@endpoint("POST", "/auth/logout")
def logout() -> None:
    """End the token (or the page session) this call was made with."""
    token_id = g.get("bearer_token_id")
    if token_id is not None:
        services.revoke_token(token_id, current_user.id)
    else:
        services.revoke_session(current_user.session_id, current_user.id)


@endpoint("POST", "/auth/forgot-password", guard="public", body=ForgotInput)
def forgot_password(value: ForgotInput) -> Plain:
    """Mail a reset link, when somebody has this address."""
    answer_after(RESET_SECONDS)
    services.request_reset(value.email, _ip())
    words = "We have emailed your password reset link."
    return Plain({"status": words, "message": words})


@endpoint("POST", "/auth/reset-password", guard="public", body=ResetInput, refuses=(404,))
def reset_password(value: ResetInput) -> Plain:
    """Set a new password with the token of a reset link."""
    services.reset_password(value.token, value.password)
    words = "Your password has been reset."
    return Plain({"status": words, "message": words})


@endpoint("POST", "/auth/email/resend")
def resend_verification() -> Plain:
    """Send the verification mail again."""
    services.resend_verification(_me(), _ip())
    return Plain({"status": "verification-link-sent"})


@endpoint("POST", "/auth/email/verify", guard="public", body=VerifyInput, refuses=(404,))
def verify_email(value: VerifyInput) -> UserJson:
    """Verify an address with the token of the mail."""
    return user_json(services.verify_email(value.token))


@endpoint("GET", "/auth/user")
def show_user() -> UserJson:
    """The person who calls."""
    return user_json(_me())


@endpoint("PUT", "/auth/user", body=NameInput, present=lambda: {"name": current_user.name})
def update_user(value: NameInput) -> UserJson:
    """Change one's name."""
    user = _me()
    services.rename_user(user, value.name)
    return user_json(user)


@endpoint("PUT", "/auth/user/password", body=ChangePasswordInput)
def update_password(value: ChangePasswordInput) -> None:
    """Change one's password; every other session and token ends."""
    services.change_password(_me(), current=value.password_current, new=value.password, ip=_ip())


@endpoint("GET", "/auth/sessions")
def index_sessions() -> Numbered[SessionJson]:
    """Signed-in browsers, last seen first."""
    return numbered(queries.list_sessions(current_user.id), session_json)


@endpoint("DELETE", "/auth/sessions/<int:session_id>")
def delete_session(session_id: int) -> None:
    """Sign a browser out."""
    if not services.revoke_session(session_id, current_user.id):
        raise NotFound


@endpoint("POST", "/token", guard="public", prefix="/oauth", plain=TokenJson, refuses=(400, 401))
def create_token() -> Response:
    """Password and refresh grants of OAuth 2, answers as Laravel Passport's."""
    return answer_token_request()
