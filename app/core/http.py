"""What every request passes, whichever door: its id, one log line, health and metrics."""

import hmac
import re
import secrets
import time

import sqlalchemy as sa
import structlog
from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    request,
    request_started,
)
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.core import monitoring
from app.core.context import request_id
from app.core.db import db
from app.core.errors import NotFound
from app.core.permissions import public

log = structlog.get_logger(__name__)
GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET = {"static", "health.live", "health.ready", "health.metrics"}
health = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """Bind ids, log one line per request, serve the health routes."""
    # By signal: what looks at the address (who may enter that workspace?) runs before any hook.
    request_started.connect(_begin, app)
    app.after_request(_end)
    app.register_blueprint(health)


def _begin(_app: Flask, **_values: object) -> None:
    given = request.headers.get("X-Request-Id", "")
    request_id.set(given if GIVEN_ID.fullmatch(given) else secrets.token_hex(8))
    g.started = time.monotonic()
    if not request.path.endswith(current_app.config["LARGE_UPLOADS"]):
        request.max_content_length = current_app.config["MAX_UPLOAD"]


def _end(response: Response) -> Response:
    seconds = time.monotonic() - g.get("started", time.monotonic())
    endpoint = request.endpoint or "none"
    response.headers["X-Request-Id"] = request_id.get()
    monitoring.request_done(endpoint, response.status_code, seconds)
    if endpoint not in QUIET:
        log.info(
            "request",
            method=request.method,
            endpoint=endpoint,
            status=response.status_code,
            ms=round(seconds * 1000),
        )
    return response


@health.get("/healthz")
@public
def live() -> ResponseReturnValue:
    """The process answers. Asks nobody else."""
    return jsonify(status="ok")


@health.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Ready to serve: the database answers. Redis away is said, but does not take us down."""
    parts = {"database": _database_answers(), "redis": _redis_answers()}
    status = 200 if parts["database"] else 503
    return jsonify(status="ok" if status == 200 else "unavailable", **parts), status


@health.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """Prometheus figures of this process; with METRICS_TOKEN set, only for who knows it."""
    wanted = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    is_open = not wanted and current_app.config["ENV"] != "production"
    if not is_open and not (wanted and hmac.compare_digest(wanted.encode(), given.encode())):
        raise NotFound
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _database_answers() -> bool:
    try:
        db.session.execute(sa.select(1))
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return True


def _redis_answers() -> bool:
    from app.core.rq import connect  # only this route of the web process needs it

    try:
        return bool(connect(patience=1).ping())
    except (RedisError, OSError):
        return False
