"""rq-dashboard behind our door, with its faults mended from outside.

Version 0.9.0 has stored XSS on the job and worker pages, breaks on a job with dependencies and on
compacting an empty queue, changes state by GET, reads jobs with pickle, carries no CSRF token, and
needs a policy that allows inline scripts. All of that is dealt with here, for its prefix alone.
"""

import html
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import rq_dashboard
from flask import Flask, request
from flask_login import current_user
from redis.exceptions import RedisError
from rq import job as rq_job
from rq.exceptions import NoSuchJobError
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker, Worker
from rq_dashboard import web
from werkzeug.exceptions import MethodNotAllowed

from app.core.errors import Forbidden, NotFound, Unauthenticated, Unavailable
from app.core.jobs import Queue
from app.core.permissions import installation_admin
from app.core.rq import JsonJob, JsonQueue, connect
from app.core.settings import settings
from app.web.csrf import exempt_blueprint
from app.web.security import register_policy

NAME = "rq_dashboard"
PREFIX = "/admin/rq"
REGISTRIES = {"queued", "failed", "deferred", "started", "finished", "scheduled", "canceled"}
CHANGES = {"delete_job_view", "requeue_job_view", "requeue_all", "empty_queue", "compact_queue"}
POLICY = {
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
}


class DashboardJob(JsonJob):
    """A job whose dependencies are bytes, as the dashboard expects them."""

    @property
    def dependency_ids(self) -> list[Any]:
        """The ids of the jobs this one waits for."""
        return [i if isinstance(i, bytes) else i.encode() for i in super().dependency_ids]


class DashboardQueue(JsonQueue):
    """A queue that can be compacted when it is empty."""

    def compact(self) -> None:
        """Drop ids of jobs that are gone. An empty queue has none."""
        if self.count:
            super().compact()


class DashboardWorker(Worker):
    """Workers as they read JSON jobs."""

    @classmethod
    def all(cls, *args: Any, **kwargs: Any) -> list[BaseWorker]:
        """Every registered worker."""
        own = {
            "job_class": DashboardJob,
            "queue_class": DashboardQueue,
            "serializer": JSONSerializer,
        }
        return super().all(*args, **{**kwargs, **own})


def init_app(app: Flask) -> None:
    """Mount the dashboard; once per app, also when tests build several."""
    _mend()
    app.config["RQ_DASHBOARD_REDIS_URL"] = (settings.redis_url,)
    app.config["RQ_DASHBOARD_SHOW_FULL_ARGS"] = True
    web.setup_rq_connection(app)
    exempt_blueprint(NAME)
    register_policy(NAME, POLICY)
    app.register_blueprint(rq_dashboard.blueprint, url_prefix=PREFIX)
    _escape(app, "job_info")
    _escape(app, "list_workers")
    _escape(app, "list_queues")
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{NAME}."):
            app.view_functions[endpoint] = installation_admin(view)


def _mend() -> None:
    """Replace what the dashboard takes from RQ, and stand before everything it serves."""
    web.Job, web.Queue, web.Worker = DashboardJob, DashboardQueue, DashboardWorker
    web.config.serializer = JSONSerializer
    web.requeue_job = _requeue
    web.from_url = lambda *_args, **_kwargs: (None, connect())
    blueprint = rq_dashboard.blueprint
    hooks = blueprint.before_request_funcs.setdefault(None, [])
    if guard not in hooks:
        hooks.insert(0, guard)
        blueprint.template_context_processors.setdefault(None, []).append(_missing_values)


def guard() -> None:
    """First of all hooks: who asks, from where, for what. Static files are no exception."""
    if not current_user.is_authenticated:
        raise Unauthenticated
    if not current_user.is_installation_admin:
        raise NotFound
    view = (request.endpoint or "").removeprefix(f"{NAME}.")
    if view in CHANGES:
        _refuse_foreign()
    if view not in {"static", "favicon"}:
        _refuse_nonsense(request.view_args or {})
        _refuse_without_redis()


def _refuse_foreign() -> None:
    """The dashboard's own scripts send no token; the browser says where a request comes from."""
    if request.method != "POST":
        raise MethodNotAllowed(valid_methods=["POST"])
    site = request.headers.get("Sec-Fetch-Site")
    origin = urlsplit(request.headers.get("Origin", ""))
    ours = urlsplit(settings.public_url)
    if site is not None and site != "same-origin":
        raise Forbidden
    if site is None and (origin.scheme, origin.netloc) != (ours.scheme, ours.netloc):
        raise Forbidden


def _refuse_nonsense(values: dict[str, Any]) -> None:
    """Addresses that would make the dashboard fail do not exist."""
    numbers = [str(values.get(name, "1")) for name in ("page", "per_page")]
    known = (
        values.get("instance_number", 0) == 0,
        values.get("queue_name") in {None, *(queue.value for queue in Queue)},
        values.get("registry_name", "queued") in REGISTRIES,
        values.get("order", "asc") in {"asc", "dsc"},
        all(number.isascii() and number.isdigit() and int(number) > 0 for number in numbers),
    )
    if not all(known):
        raise NotFound
    job_id = values.get("job_id")
    if job_id is not None and not _exists(job_id):
        raise NotFound("This job is gone: it was finished, deleted or too old.")


def _exists(job_id: str) -> bool:
    try:
        return bool(DashboardJob.exists(job_id, connection=connect()))
    except RedisError:
        return True  # the next check says what is wrong


def _refuse_without_redis() -> None:
    try:
        connect().ping()
    except (RedisError, OSError) as error:
        raise Unavailable(
            "Redis does not answer, so the queues cannot be shown. Nothing is lost: jobs are rung "
            "again from the database as soon as it is back."
        ) from error


def _requeue(job_id: str, connection: Any) -> Any:
    try:
        return rq_job.requeue_job(job_id, connection=connection, serializer=JSONSerializer)
    except NoSuchJobError as error:
        raise NotFound from error


def _missing_values() -> dict[str, str]:
    """Its job page forgets this; our templates refuse what is undefined."""
    return {"active_tab": ""}


def _escape(app: Flask, endpoint: str) -> None:
    """Escape every text of a JSON answer, which its scripts put into the page as it is."""
    name = f"{NAME}.{endpoint}"
    view: Any = app.view_functions[name]
    raw: Callable[..., dict[str, Any]] = view.__wrapped__
    app.view_functions[name] = web.jsonify(lambda **values: escaped(raw(**values)))


def escaped(value: Any) -> Any:
    """The value with every text in it safe to be put between tags or into an attribute."""
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, dict):
        return {key: escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(item) for item in value]
    return value
