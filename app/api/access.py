"""Who knocks at the JSON door: bearer token or page session, throttle, and the workspace."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request
from flask_login import current_user
from flask_wtf.csrf import validate_csrf
from limits import RateLimitItemPerMinute
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError
from wtforms.validators import ValidationError

from app.api.errors import CsrfMismatch
from app.core import permissions
from app.core.errors import NotFound, TooMany, Unauthenticated

log = structlog.get_logger(__name__)
WORKSPACE_HEADER = "X-Workspace-Id"
LARGEST_ID = 2**63 - 1
BEARER = re.compile(r".*Bearer +([^,\s]+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """A workspace somebody may enter, with what they may do there."""

    workspace_id: int
    permissions: frozenset[str]


BearerLoader = Callable[[str], Any]
EntryLoader = Callable[[int, int | None], Entry | None]
_bearer_loader: list[BearerLoader] = []
_entry_loader: list[EntryLoader] = []


def register_bearer_loader(loader: BearerLoader) -> None:
    """Tell the door how to find the signed-in person behind an access token, or None."""
    _bearer_loader[:] = [loader]


def register_entry_loader(loader: EntryLoader) -> None:
    """Tell the door how to find (user_id, workspace_id or None for the current) -> Entry."""
    _entry_loader[:] = [loader]


def identify() -> None:
    """Set who calls. A bearer token wins over a page session; a session needs the CSRF header.

    Errors: Unauthenticated, CsrfMismatch.
    """
    given = BEARER.match(request.headers.get("Authorization", ""))
    if given:
        person = _bearer_loader[0](given.group(1)) if _bearer_loader else None
        if person is None:
            raise Unauthenticated
        permissions.act_as(person)
    elif not current_user.is_authenticated:
        raise Unauthenticated
    else:
        _check_csrf()


def _check_csrf() -> None:
    token = request.headers.get("X-CSRF-Token") or request.headers.get("X-XSRF-Token")
    try:
        validate_csrf(token or "")
    except ValidationError as error:
        raise CsrfMismatch from error


def throttle() -> None:
    """Count the call against the caller's minute. Open when Redis is away. Errors: TooMany."""
    limiter, item = _limiter(), RateLimitItemPerMinute(current_app.config["API_RATE_PER_MINUTE"])
    key = str(current_user.id) if current_user.is_authenticated else str(request.remote_addr)
    try:
        allowed = limiter.hit(item, "api", key)
        stats = limiter.get_window_stats(item, "api", key)
    except (RedisError, OSError) as error:
        log.warning("throttle_open", error=type(error).__name__)
        return
    g.rate_limit = (item.amount, stats.remaining, int(stats.reset_time))
    if not allowed:
        # clock: the limiter counts in Unix time
        raise TooMany(int(stats.reset_time - time.time()) + 1)


def _limiter() -> FixedWindowRateLimiter:
    limiter = current_app.extensions.get("api_limiter")
    if limiter is None:
        url = current_app.config["REDIS_URL"].replace("unix://", "redis+unix://", 1)
        storage = storage_from_string(url, socket_connect_timeout=1, socket_timeout=1)
        assert isinstance(storage, Storage)
        limiter = current_app.extensions["api_limiter"] = FixedWindowRateLimiter(storage)
    return limiter


def enter_workspace(data: dict[str, Any]) -> None:
    """Enter the workspace the call names, else the caller's current one. Errors: NotFound."""
    wanted = request.headers.get(WORKSPACE_HEADER) or data.get("workspace_id")
    entry = _entry_loader[0](current_user.id, None if wanted is None else _row_id(wanted))
    if entry is None:
        raise NotFound
    permissions.enter_workspace(entry.workspace_id, entry.permissions)


def _row_id(given: Any) -> int:
    """An id as a client writes it. Errors: NotFound when no row can have it."""
    text = str(given)
    if not text.isdecimal() or len(text) > 19 or int(text) > LARGEST_ID:
        raise NotFound
    return int(text)


def add_headers(response: Response) -> Response:
    """CORS for the allowed origins, and what is left of the caller's minute."""
    if not request.path.startswith(("/api/", "/oauth/")):
        return response
    origin = request.headers.get("Origin")
    if origin and origin in current_app.config["CORS_ORIGINS"]:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = (
            "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
        )
    response.vary.add("Origin")
    if limit := g.get("rate_limit"):
        response.headers["X-RateLimit-Limit"] = str(limit[0])
        response.headers["X-RateLimit-Remaining"] = str(limit[1])
        if response.status_code == 429:
            response.headers["X-RateLimit-Reset"] = str(limit[2])
    return response


def answer_preflight() -> Response | None:
    """204 for a preflight, before anything is routed to a view; else OPTIONS lists the methods."""
    is_preflight = request.method == "OPTIONS" and "Origin" in request.headers
    if not is_preflight or not request.path.startswith(("/api/", "/oauth/")):
        return None
    response = Response(status=204)
    if request.headers.get("Origin") in current_app.config["CORS_ORIGINS"]:
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
        response.headers["Access-Control-Allow-Headers"] = (
            "Authorization, Content-Type, X-Requested-With, X-CSRF-Token, X-XSRF-Token, "
            f"X-HTTP-Method-Override, Idempotency-Key, {WORKSPACE_HEADER}"
        )
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def init_app(app: Flask) -> None:
    """Install the hooks of every JSON answer."""
    app.before_request(answer_preflight)
    app.after_request(add_headers)
