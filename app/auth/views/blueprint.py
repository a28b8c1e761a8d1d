"""The blueprint, and the few things that every page of identity needs."""

from typing import Any

from flask import Blueprint, Response, request

from app.auth import policies
from app.core.errors import Invalid
from app.core.forms import Form
from app.web.responses import page

bp = Blueprint("auth", __name__)


def client_ip() -> str:
    """The address the request came from, as trusted proxies tell it."""
    return request.remote_addr or ""


def refuse(form: Form[Any], error: Invalid) -> None:
    """Put what a service refused beside the fields it refused."""
    for name, sentences in error.errors.items():
        for sentence in sentences:
            form.fail(name, sentence)


def broken_link(kind: str) -> Response:
    """The page of a link that is forged, used, replaced or too old."""
    return page("auth/broken_link.html", status=404, kind=kind)


def landing(target: str | None) -> str:
    """Where to go after sign-in; never back to the sign-in page."""
    safe = policies.safe_next(target)
    return "/" if not safe or safe.startswith(("/auth/", "/signup")) else safe


def back() -> str:
    """The page the person came from, when it is ours."""
    prefix = request.host_url.rstrip("/")
    referrer = request.referrer or ""
    path = referrer.removeprefix(prefix) if referrer.startswith(prefix + "/") else ""
    return policies.safe_next(path) or "/"
