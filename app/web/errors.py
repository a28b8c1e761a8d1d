"""Errors as a person sees them: a calm page, or a toast when htmx asked.

Each text says what happened, what is safe, and what to do.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask, Response, current_app, make_response, redirect, request
from werkzeug.exceptions import HTTPException

from app.core.context import request_id
from app.core.doors import register_renderer
from app.core.errors import AppError, Invalid, TooMany, Unauthenticated, Unavailable
from app.web.responses import hx_headers
from app.web.toasts import toast, toasts_oob

LOGIN_PATH = "/auth/login"


@dataclass(frozen=True)
class ErrorText:
    """The words of one status."""

    title: str
    happened: str
    safe: str
    todo: str
    art: str = "search"


TEXTS = {
    400: ErrorText(
        "That request was not understood",
        "Something in the address or the form was malformed.",
        "Nothing was changed.",
        "Go back, reload the page and try again.",
    ),
    401: ErrorText(
        "Please sign in",
        "Your session has ended, so what you just sent was not taken.",
        "Nothing was changed.",
        "Sign in, go back to the page and send it again.",
        "lock",
    ),
    402: ErrorText(
        "Your plan does not include this",
        "This needs a plan or credits that the workspace does not have.",
        "Nothing was changed and nothing was charged.",
        "Ask an owner of the workspace to look at the plan.",
        "lock",
    ),
    403: ErrorText(
        "You may not do that",
        "Your role in this workspace does not allow it.",
        "Nothing was changed.",
        "Ask an owner or admin of the workspace if you need it.",
        "lock",
    ),
    404: ErrorText(
        "There is nothing here",
        "The page was moved or removed, or it belongs to a workspace you are not a member of.",
        "Your data is where it was.",
        "Check the address, or start from the dashboard.",
    ),
    405: ErrorText(
        "This address works another way",
        "It is not meant to be opened like this, which can happen after going back.",
        "Nothing was changed.",
        "Start again from the page that holds the form.",
    ),
    409: ErrorText(
        "Something changed in the meantime",
        "Somebody, or another window of yours, was quicker.",
        "Their change is kept and yours was not saved.",
        "Reload the page to see how things stand, then try again.",
    ),
    413: ErrorText(
        "That file is too large",
        "The upload is bigger than this installation takes.",
        "Nothing was stored.",
        "Split the file or make it smaller, then upload it again.",
    ),
    422: ErrorText(
        "Some details need another look",
        "Part of what was sent breaks a rule.",
        "Nothing was saved.",
        "Go back, correct it and send it again.",
    ),
    429: ErrorText(
        "That was a lot in a short time",
        "There were too many tries from here.",
        "Nothing was changed.",
        "Wait a moment, then try again.",
    ),
    500: ErrorText(
        "Something broke on our side",
        "An error that we did not expect stopped this page. It has been logged.",
        "Nothing was half saved, and mail that is under way keeps going.",
        "Try again. If it happens again, tell your admin the number below.",
        "done",
    ),
    503: ErrorText(
        "Back in a moment",
        "A part of the installation does not answer right now.",
        "Nothing is lost, and queued mail goes out when it is back.",
        "Wait a minute, then reload.",
        "done",
    ),
}


def render_error(error: Exception) -> Response:
    """The answer of the page door to any error; never raises for an AppError or HTTPException."""
    if isinstance(error, HTTPException) and error.response is not None:
        return make_response(error.response)
    if isinstance(error, Unauthenticated):
        return _sign_in()
    if request.headers.get("HX-Request") == "true":
        return _as_toast(error)
    return _as_page(error)


def _status(error: Exception) -> int:
    if isinstance(error, AppError):
        return error.status
    return error.code or 500 if isinstance(error, HTTPException) else 500


def _text(status: int) -> ErrorText:
    return TEXTS.get(status) or TEXTS[500 if status >= 500 else 400]


def _message(error: Exception) -> str:
    """The sentence of our own errors; werkzeug's wording is for programs."""
    if isinstance(error, Invalid):
        return " ".join(text for texts in error.errors.values() for text in texts) or error.message
    if isinstance(error, AppError):
        return error.message
    text = _text(_status(error))
    return f"{text.happened} {text.safe}"


def _sign_in() -> Response:
    """To the sign-in page and back; a write cannot be replayed, so it comes back to where it stood."""
    is_htmx = request.headers.get("HX-Request") == "true"
    back = request.full_path.rstrip("?") if request.method == "GET" and not is_htmx else ""
    url = LOGIN_PATH + (f"?{urlencode({'next': back})}" if back and back != "/" else "")
    if is_htmx:
        response = make_response("", 401)
        response.headers["HX-Redirect"] = url
        return response
    if request.method == "GET":
        return make_response(redirect(url))
    return _as_page(Unauthenticated())


def _as_toast(error: Exception) -> Response:
    toast(_message(error), "negative")
    response = make_response(toasts_oob(), _status(error))
    return _extra_headers(hx_headers(response, reswap="none"), error)


def _as_page(error: Exception) -> Response:
    status = _status(error)
    own = isinstance(error, AppError) and error.message != type(error).message
    # Without the context processors: they ask the database, which may be what is broken.
    template = current_app.jinja_env.get_template("errors/error.html")
    body = template.render(
        status=status,
        text=_text(status),
        message=_message(error) if own or isinstance(error, Invalid) else None,
        request_id=request_id.get(),
        login_path=LOGIN_PATH,
    )
    return _extra_headers(make_response(body, status), error)


def _extra_headers(response: Response, error: Exception) -> Response:
    if isinstance(error, TooMany | Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
    return response


def init_app(app: Flask) -> None:
    """Answer the errors of every path that no other door claims."""
    register_renderer(app, "", render_error)
