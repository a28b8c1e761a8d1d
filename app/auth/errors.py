"""What can go wrong when people sign in, reset, verify or refresh."""

from app.core.errors import AppError, Forbidden


class InvalidCredentials(AppError):
    """401: wrong address or wrong password; nobody learns which."""

    status, code = 401, "invalid_credentials"
    message = "Invalid credentials. Please try again."


class TokenInvalid(AppError):
    """404: a link from a mail is forged, used, replaced or too old."""

    status, code = 404, "token_invalid"
    message = "This link no longer works. Ask for a new one."


class NotVerified(Forbidden):
    """403: the person has to verify the address first."""

    code = "email_not_verified"
    message = "Verify your email address first. The link is in your inbox."


class RefreshInvalid(AppError):
    """401: a refresh token is unknown, used, expired, revoked or another client's; `hint` says."""

    status, code, message = 401, "invalid_request", "The refresh token is invalid."

    def __init__(self, hint: str) -> None:
        self.hint = hint
        super().__init__()


class ClientInvalid(AppError):
    """401: an OAuth client is unknown or its secret is wrong."""

    status, code, message = 401, "invalid_client", "Client authentication failed"
