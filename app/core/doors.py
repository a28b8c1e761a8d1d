"""One handler for every error; the door that was knocked at says how it looks.

Doors register a renderer for a path prefix: the pages for "", the JSON door for "/api" and
"/oauth". The longest matching prefix renders.
"""

from collections.abc import Callable

import structlog
from flask import Flask, Response, current_app, request
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from werkzeug.exceptions import HTTPException, InternalServerError

from app.core.db import db
from app.core.errors import AppError, BadRequest, Unavailable

log = structlog.get_logger(__name__)
Renderer = Callable[[Exception], Response]
KEY = "error_renderers"


def register_renderer(app: Flask, prefix: str, render: Renderer) -> None:
    """Let `render` answer errors of paths under `prefix`."""
    renderers: dict[str, Renderer] = app.extensions.setdefault(KEY, {})
    if not renderers:
        app.register_error_handler(AppError, _handle)
        app.register_error_handler(HTTPException, _handle)
        app.register_error_handler(InternalServerError, _handle_unexpected)
        app.register_error_handler(DataError, _handle_unstorable)
        for away in (OperationalError, InterfaceError, PoolExhausted):
            app.register_error_handler(away, _handle_away)
    renderers[prefix] = render


def _renderer() -> Renderer:
    renderers: dict[str, Renderer] = current_app.extensions[KEY]
    return renderers[max(filter(_is_here, renderers), key=len)]


def _is_here(prefix: str) -> bool:
    return not prefix or request.path == prefix or request.path.startswith(prefix + "/")


def _handle(error: Exception) -> Response:
    return _renderer()(error)


def _handle_unstorable(error: DataError) -> Response:
    """Input that no column can hold: a NUL character, an id beyond 64 bits."""
    db.session.rollback()  # the page of the error may ask the database again
    log.warning("unstorable_input", path=_rule(), error=type(error.orig).__name__)
    return _renderer()(BadRequest())


def _handle_away(error: OperationalError | InterfaceError | PoolExhausted) -> Response:
    """The database is being restarted, cannot be reached, or is busy beyond patience: no fault of
    the request, which may simply be made again."""
    cause = getattr(error, "orig", None) or error
    log.warning("database_unavailable", path=_rule(), error=type(cause).__name__)
    return _renderer()(Unavailable())


def _handle_unexpected(error: InternalServerError) -> Response:
    """A bug: logged with its traceback, answered without any of it."""
    cause = error.original_exception
    if cause is not None:
        log.error("unexpected_error", path=_rule(), exc_info=cause)
    return _renderer()(error)


def _rule() -> str:
    """The pattern of the address: addresses from mails carry tokens, which no log may hold."""
    return request.url_rule.rule if request.url_rule else "none"
