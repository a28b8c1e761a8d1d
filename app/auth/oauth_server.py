"""`POST /oauth/token`: Authlib's server with the password and refresh grants, answers as Passport's.

The password grant exists for the first-party React client only (docs/security.md): it is counted
like a sign-in and never a way around a second factor.
"""

from collections import defaultdict
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Payload, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidClientError, UnsupportedGrantTypeError
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant, ResourceOwnerPasswordCredentialsGrant
from flask import Response, jsonify, request

from app.api.php_input import read_input
from app.auth import queries, services
from app.auth.errors import ClientInvalid, InvalidCredentials, RefreshInvalid
from app.auth.services import IssuedTokens
from app.models import OAuthClient, User

METHODS = ["client_secret_basic", "client_secret_post", "none"]
MISSING = (
    "The request is missing a required parameter, includes an invalid parameter value, "
    "includes a parameter more than once, or is otherwise malformed."
)
UNSUPPORTED = "The authorization grant type is not supported by the authorization server."
UNKNOWN_SCOPE = "The requested scope is invalid, unknown, or malformed"


class PassportError(OAuth2Error):
    """An error with Passport's `hint`."""

    def __init__(self, error: str, description: str, *, status: int, hint: str = "") -> None:
        self.hint = hint
        super().__init__(error=error, description=description, status_code=status)


class Client(ClientMixin):
    """One of our clients, as Authlib asks about it."""

    def __init__(self, row: OAuthClient) -> None:
        self.row = row

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the secret is the client's."""
        try:
            services.authenticate_client(self.row.id, client_secret)
        except ClientInvalid:
            return False
        return True

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A client with a secret has to show it; a public one has none."""
        return (method == "none") == (self.row.secret_hash is None)

    def check_grant_type(self, grant_type: str) -> bool:
        """Passwords only from password clients."""
        return grant_type != "password" or self.row.is_password_client


class PasswordGrant(ResourceOwnerPasswordCredentialsGrant):
    """Address and password for tokens."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def validate_token_request(self) -> None:
        """Say which parameter is missing, in Passport's words."""
        for name in ("username", "password"):
            if not self.request.form.get(name):
                raise PassportError(
                    "invalid_request", MISSING, status=400, hint=f"Check the `{name}` parameter"
                )
        super().validate_token_request()

    def authenticate_user(self, username: str, password: str) -> User:
        """The person. Errors: PassportError, TooMany."""
        self.validate_requested_scope()  # before an attempt is counted
        try:
            return services.authenticate(username, password, request.remote_addr or "")
        except InvalidCredentials as error:
            words = "The user credentials were incorrect."
            raise PassportError("invalid_grant", words, status=400) from error

    def create_token_response(self) -> Any:
        """Issue a new family of tokens."""
        issued = services.issue_tokens(self.request.user, self.request.client.row.id)
        return 200, token_body(issued), self.TOKEN_RESPONSE_HEADER


class RefreshGrant(RefreshTokenGrant):
    """A refresh token for new tokens; the old ones end."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def validate_token_request(self) -> None:
        """The client must be right; the token itself is judged when it is traded."""
        if not self.request.form.get("refresh_token"):
            raise PassportError(
                "invalid_request", MISSING, status=400, hint="Check the `refresh_token` parameter"
            )
        self.request.client = self._validate_request_client()
        self.validate_requested_scope()

    def create_token_response(self) -> Any:
        """Trade the token. Errors: PassportError."""
        try:
            issued = services.refresh_tokens(
                str(self.request.form["refresh_token"]), self.request.client.row.id
            )
        except RefreshInvalid as error:
            words = error.message
            raise PassportError("invalid_request", words, status=401, hint=error.hint) from error
        return 200, token_body(issued), self.TOKEN_RESPONSE_HEADER


def token_body(issued: IssuedTokens) -> dict[str, Any]:
    """Passport's answer."""
    return {
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "access_token": issued.access_token,
        "refresh_token": issued.refresh_token,
    }


class _Payload(OAuth2Payload):
    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    @property
    def data(self) -> dict[str, Any]:
        return self._data

    @property
    def datalist(self) -> defaultdict[str, list[Any]]:
        return defaultdict(list, {name: [value] for name, value in self._data.items()})


def _scope_text(given: Any) -> str:
    """Scopes by their names between spaces; Passport takes a list of them too."""
    names = given.values() if isinstance(given, dict) else given
    return " ".join(map(str, names)) if isinstance(given, dict | list) else str(given or "")


class _Request(OAuth2Request):
    """The call as Authlib reads it: form or JSON, as Passport takes both.

    Whether plain http is acceptable is decided by PUBLIC_URL, not by this check of Authlib's.
    """

    def __init__(self) -> None:
        super().__init__(request.method, request.url.replace("http:", "https:", 1))
        self.headers = request.headers
        given = read_input(request)
        given["scope"] = _scope_text(given.get("scope"))
        self._values = {k: str(value) for k, value in given.items() if isinstance(value, str | int)}
        self.payload = _Payload(self._values)

    @property
    def form(self) -> dict[str, str]:
        return self._values

    @property
    def args(self) -> dict[str, str]:
        return self._values


class Server(AuthorizationServer):
    """Authlib's server with our request and Passport's error bodies."""

    def query_client(self, client_id: str) -> Client | None:
        """The client of this id, or None."""
        is_id = str(client_id).isdecimal() and len(str(client_id)) < 19
        row = queries.find_client(int(client_id)) if is_id else None
        return Client(row) if row else None

    def validate_requested_scope(self, scope: str | None) -> None:
        """A token is for all its person may do: `*`, which need not be said. Errors: PassportError."""
        unknown = [name for name in (scope or "").split() if name != "*"]
        if unknown:
            hint = f"Check the `{unknown[0]}` scope"
            raise PassportError("invalid_scope", UNKNOWN_SCOPE, status=400, hint=hint)

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        """The current call."""
        return _Request()

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Response:
        """Passport's error body: error, error_description, hint and message."""
        error = _as_passport(error)
        words = error.description
        body = {"error": error.error, "error_description": words, "message": words}
        if getattr(error, "hint", ""):
            body["hint"] = error.hint
        response = jsonify(body)
        response.status_code = error.status_code
        if error.error == "invalid_client" and "Authorization" in request.headers:
            response.headers["WWW-Authenticate"] = 'Basic realm="OAuth"'
        return response


def _as_passport(error: OAuth2Error) -> OAuth2Error:
    if isinstance(error, PassportError):
        return error
    if isinstance(error, InvalidClientError):
        return PassportError("invalid_client", "Client authentication failed", status=401)
    if isinstance(error, UnsupportedGrantTypeError):
        hint = "Check that all required parameters have been provided"
        return PassportError("unsupported_grant_type", UNSUPPORTED, status=400, hint=hint)
    return PassportError(error.error, error.get_error_description() or MISSING, status=400)


server = Server()
server.register_grant(PasswordGrant)
server.register_grant(RefreshGrant)


def answer_token_request() -> Response:
    """Answer `POST /oauth/token`; never stored by anybody on the way."""
    response: Response = server.create_token_response()
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
