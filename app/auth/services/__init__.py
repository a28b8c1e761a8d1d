"""The verbs of identity, used by both doors. None of them knows Flask; none of them commits."""

from app.auth.services.oauth import (
    Bearer,
    IssuedTokens,
    authenticate_client,
    create_client,
    find_bearer,
    issue_tokens,
    refresh_tokens,
    revoke_token,
    revoke_tokens,
)
from app.auth.services.one_time import (
    request_reset,
    resend_verification,
    send_verification,
    verify_email,
)
from app.auth.services.people import (
    authenticate,
    change_password,
    disable_user,
    grant_admin,
    rename_user,
    require_verified,
    reset_password,
    set_current_workspace,
    sign_up,
)
from app.auth.services.sessions import (
    StartedSession,
    revoke_session,
    revoke_sessions,
    start_session,
    touch_session,
)
from app.auth.services.throttle import count_attempt, forgive_attempt
from app.auth.services.tidying import forget_expired

# X count_attempt, forgive_attempt

__all__ = [
    "Bearer",
    "IssuedTokens",
    "StartedSession",
    "authenticate",
    "authenticate_client",
    "change_password",
    "count_attempt",
    "create_client",
    "disable_user",
    "find_bearer",
    "forget_expired",
    "forgive_attempt",
    "grant_admin",
    "issue_tokens",
    "refresh_tokens",
    "rename_user",
    "request_reset",
    "require_verified",
    "resend_verification",
    "reset_password",
    "revoke_session",
    "revoke_sessions",
    "revoke_token",
    "revoke_tokens",
    "send_verification",
    "set_current_workspace",
    "sign_up",
    "start_session",
    "touch_session",
    "verify_email",
]
