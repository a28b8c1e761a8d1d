"""Cross-site request forgery: a token in each form and htmx request, and no cross-site writes.

A failure is a 403 with a sentence. Blueprints that are called by other machines (the JSON door,
tracking, webhooks) are exempt by name and guard themselves.
"""

from flask import Flask, current_app, request
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect

from app.core.errors import Forbidden, Unauthenticated

STRANGERS_BODY = 8 * 1024 * 1024
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class CsrfFailed(Forbidden):
    """403: the request did not come from one of our pages, or the page was too old."""

    code = "csrf_failed"
    message = (
        "This page was open for too long or the request came from elsewhere. "
        "Nothing was changed. Reload the page and try again."
    )


class Csrf(CSRFProtect):
    """Flask-WTF's protection with our error; blueprints are exempt by name."""

    def _is_exempt(self) -> bool:
        return _is_exempt() or bool(super()._is_exempt())

    def _error_response(self, reason: str) -> None:
        current_app.logger.info("csrf refused: %s", reason)
        raise CsrfFailed


csrf = Csrf()


def exempt_blueprint(name: str) -> None:
    """Leave a blueprint's routes alone; call before the first request."""
    csrf._exempt_blueprints.add(name)


def _refuse_cross_site() -> None:
    """Browsers say where a request comes from; a write from another site is never ours."""
    if request.method in SAFE_METHODS or _is_exempt():
        return
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise CsrfFailed


def _refuse_large_bodies_of_strangers() -> None:
    """Reading a form means reading its files: nobody unknown may make us do that."""
    size = request.content_length or 0
    is_refused_anyway = size > (request.max_content_length or size)
    if size <= STRANGERS_BODY or is_refused_anyway or _is_exempt():
        return
    if not current_user.is_authenticated:
        raise Unauthenticated


def _is_exempt() -> bool:
    return any(name in csrf._exempt_blueprints for name in request.blueprints)


def init_app(app: Flask) -> None:
    """Protect the app. The token lives as long as the session; Referer is not consulted."""
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config.setdefault("WTF_CSRF_SSL_STRICT", False)
    app.before_request(_refuse_large_bodies_of_strangers)
    app.before_request(_refuse_cross_site)
    if "csrf" not in app.extensions:
        csrf.init_app(app)
