"""Errors of the JSON door: every body has a string `message`, in Laravel's words."""

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.api.wording import summary
from app.core.doors import register_renderer
from app.core.errors import AppError, Invalid, TooMany, Unavailable

MESSAGES = {
    401: "Unauthenticated.",
    403: "This action is unauthorized.",
    404: "Not found.",
    413: "The posted data is too large.",
    429: "Too Many Attempts.",
    500: "Server Error",
    503: "Service Unavailable",
}
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")  # in Laravel's order
GENERIC = frozenset(
    {"unauthenticated", "forbidden", "not_found", "too_many_requests", "unavailable"}
)


class CsrfMismatch(AppError):
    """419: a cookie-authenticated call without the page's token."""

    status, code, message = 419, "csrf_mismatch", "CSRF token mismatch."


def init_app(app: Flask) -> None:
    """Render the errors of `/api` and `/oauth` as JSON."""
    register_renderer(app, "/api", render_error)
    register_renderer(app, "/oauth", render_error)


def render_error(error: Exception) -> Response:
    """Any error as the client expects it."""
    if isinstance(error, Invalid):
        return _answer(422, {"message": summary(error.errors), "errors": error.errors})
    if isinstance(error, AppError):
        return _app_error(error)
    status = error.code or 500 if isinstance(error, HTTPException) else 500
    if isinstance(error, MethodNotAllowed):
        return _wrong_method(error)
    if status == 404 and request.url_rule is None:
        path = request.path.strip("/")
        return _answer(404, {"message": f"The route {path} could not be found."})
    return _answer(status, {"message": MESSAGES.get(status, getattr(error, "name", ""))})


def _app_error(error: AppError) -> Response:
    generic = error.code in GENERIC and error.status in MESSAGES
    response = _answer(
        error.status, {"message": MESSAGES[error.status] if generic else error.message}
    )
    if isinstance(error, TooMany | Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _wrong_method(error: MethodNotAllowed) -> Response:
    allowed = [verb for verb in VERBS if verb in (error.valid_methods or ())]
    path = request.path.strip("/")
    words = (
        f"The {request.method} method is not supported for route {path}. "
        f"Supported methods: {', '.join(allowed)}."
    )
    response = _answer(405, {"message": words})
    response.headers["Allow"] = ", ".join(allowed)
    return response


def _answer(status: int, body: dict[str, object]) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
