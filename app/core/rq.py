"""RQ and rq-scheduler behind core/jobs.py: classes with the JSON serializer, worker, scheduler."""

import contextlib
import hashlib
import json
import os
import random
import signal
import threading
import time
from typing import Any

import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from rq.job import Job
from rq.queue import Queue as RqQueue
from rq.serializers import JSONSerializer
from rq_scheduler import Scheduler

from app.core import jobs, monitoring
from app.core.clock import utcnow
from app.core.context import request_id
from app.core.db import db
from app.core.jobs import JobSpec, Outcome, Queue, Ring
from app.core.settings import settings
from app.core.tenancy import workspace_context

log = structlog.get_logger(__name__)
FAILURE_TTL = 7 * 24 * 3600
RING_TTL = 10  # seconds after which a lost ring no longer holds back the next one
AWAY_SECONDS = 2  # without a try after one that failed
SCHEDULER_INTERVAL = 2
REGISTER_EVERY = 30


class JsonJob(Job):
    """A job whose payload is JSON: whoever can write Redis still cannot run code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["serializer"] = JSONSerializer
        super().__init__(*args, **kwargs)


class JsonQueue(RqQueue):
    """A queue of JSON jobs."""

    job_class = JsonJob

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["serializer"] = JSONSerializer
        kwargs["job_class"] = JsonJob
        super().__init__(*args, **kwargs)


def connect(patience: float = 5) -> Redis:
    """A client of the configured Redis; commands fail within `patience` seconds when it is away."""
    return Redis.from_url(
        settings.redis_url, socket_connect_timeout=min(2, patience), socket_timeout=patience
    )


class Dispatcher:
    """Puts rings into RQ. Redis away: the ring is dropped with a log line, never an error.

    After a failure nobody tries for some seconds: a request with many rings must not wait for each
    of them when Redis hangs. The sweepers ring again.
    """

    def __init__(self) -> None:
        self._redis: Redis | None = None
        self._away_until = 0.0

    def __call__(self, ring: Ring) -> None:
        """Ring, or say in the log why not."""
        if time.monotonic() < self._away_until:
            monitoring.redis_missed()
            return
        try:
            self._redis = self._redis or connect()
            self._ring(self._redis, ring)
            monitoring.redis_seen()
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            monitoring.redis_missed()
            log.warning("ring_dropped", job=ring.name, error=type(error).__name__)

    def _ring(self, redis: Redis, ring: Ring) -> None:
        if ring.once and not redis.set(_once_key(ring.name, ring.kwargs), 1, nx=True, ex=RING_TTL):
            return
        spec = jobs.get_job(ring.name)
        JsonQueue(spec.queue.value, connection=redis).enqueue_call(
            perform,
            kwargs={
                "name": ring.name,
                "arguments": ring.kwargs,
                "workspace_id": ring.workspace_id,
                "rung_by": ring.request_id,
                "once": ring.once,
            },
            timeout=spec.timeout,
            result_ttl=0,
            failure_ttl=FAILURE_TTL,
            description=ring.name,
        )


def _once_key(name: str, arguments: dict[str, Any]) -> str:
    text = json.dumps([name, arguments], sort_keys=True)
    return "ring:" + hashlib.sha256(text.encode()).hexdigest()[:32]


def perform(
    name: str,
    arguments: dict[str, Any],
    workspace_id: int | None = None,
    rung_by: str = "",
    once: bool = False,
) -> None:
    """What every RQ job runs: restore the workspace, run the job, log one line."""
    spec = jobs.get_job(name)
    if once:
        with contextlib.suppress(RedisError, OSError):
            connect().delete(_once_key(name, arguments))
    token = request_id.set(rung_by)
    try:
        with workspace_context(workspace_id):
            _run(spec, arguments)
    finally:
        db.session.remove()
        request_id.reset(token)


def _run(spec: JobSpec, arguments: dict[str, Any]) -> None:
    """Run the job and log one line about it. Only what counts as a failure is raised."""
    line: dict[str, Any] = {"job": spec.name, "outcome": "done"}
    started = time.monotonic()
    try:
        spec.function(**arguments)
    except Exception as error:
        line |= {"outcome": jobs.outcome_of(error).value, "error": type(error).__name__}
        if line["outcome"] == Outcome.FAIL:
            raise
    finally:
        line["ms"] = round((time.monotonic() - started) * 1000)
        (log.warning if "error" in line else log.info)("job", **line)


def run_worker(app: Flask, queue: Queue) -> None:
    """Work on one queue until told to stop; a mail being sent is finished first.

    RQ's worker gives up when Redis goes away while it runs a job: another takes its place.
    """
    os.register_at_fork(after_in_child=_forget_inherited_connections)
    with app.app_context():
        while not _work(queue):
            signal.signal(signal.SIGTERM, _stop)
            signal.signal(signal.SIGINT, _stop)
            time.sleep(1 + random.random())  # noqa: S311 - only spreads retries


def _work(queue: Queue) -> bool:
    """Run one RQ worker to its end. Whether it was told to stop."""
    worker = None
    try:
        worker = Worker(
            [JsonQueue(queue.value, connection=Redis.from_url(settings.redis_url))],
            connection=Redis.from_url(settings.redis_url),
            job_class=JsonJob,
            queue_class=JsonQueue,
            serializer=JSONSerializer,
            log_job_description=False,
            maintenance_interval=60,
            worker_ttl=60,
        )
        worker.work(logging_level="WARNING")
    except (RedisError, OSError) as error:
        log.warning("worker_without_redis", queue=queue.value, error=type(error).__name__)
    return worker is not None and worker._shutdown_requested_date is not None


def _forget_inherited_connections() -> None:
    db.engine.dispose(close=False)


class OneAtATime(Scheduler):
    """rq-scheduler that does not pile up rings of a periodic job nobody has started yet."""

    job_class = JsonJob
    queue_class = JsonQueue

    def enqueue_job(self, job: Job) -> None:
        """Enqueue unless the job still waits in its queue; move its next time either way."""
        queue = self.get_queue_for_job(job)
        if self.connection.lpos(queue.key, job.id) is None:
            super().enqueue_job(job)
            return
        # clock: the scheduler's scores in Redis are Unix time
        due = time.time() + int(job.meta["interval"])
        self.connection.zadd(self.scheduled_jobs_key, {job.id: int(due)})


def register_periodic(scheduler: Scheduler) -> None:
    """Make the scheduler's entries equal the declared list: add what is missing, drop the rest."""
    wanted = {_periodic_id(spec): spec for spec in jobs.periodic_jobs()}
    known = {entry.id: entry for entry in scheduler.get_jobs()}
    for entry_id, entry in known.items():
        if entry_id not in wanted or entry.meta.get("interval") != wanted[entry_id].every:
            scheduler.cancel(entry_id)
            known = {k: v for k, v in known.items() if k != entry_id}
    for entry_id, spec in wanted.items():
        if entry_id not in known:
            _schedule(scheduler, entry_id, spec)


def _periodic_id(spec: JobSpec) -> str:
    return "periodic-" + spec.name.replace(".", "-")


def _schedule(scheduler: Scheduler, entry_id: str, spec: JobSpec) -> None:
    scheduler.schedule(
        scheduled_time=utcnow().replace(tzinfo=None),  # rq-scheduler wants naive UTC
        func=perform,
        kwargs={"name": spec.name, "arguments": {}},
        interval=spec.every,
        id=entry_id,
        queue_name=spec.queue.value,
        timeout=spec.timeout,
        result_ttl=-1,  # 0 would delete the entry itself after its first run
        description=spec.name,
    )


def run_scheduler(app: Flask) -> None:
    """Ring the periodic jobs until told to stop; Redis coming back empty is repaired."""
    signal.signal(signal.SIGTERM, _stop)
    with app.app_context():
        threading.Thread(target=_keep_registered, daemon=True).start()
        while True:
            try:
                _scheduler().run()
            except (RedisError, OSError) as error:
                log.warning("scheduler_without_redis", error=type(error).__name__)
                time.sleep(1 + random.random())  # noqa: S311 - only spreads retries


def _stop(_signum: int, _frame: object) -> None:
    raise SystemExit(0)


def _scheduler() -> Scheduler:
    return OneAtATime(connection=Redis.from_url(settings.redis_url), interval=SCHEDULER_INTERVAL)


def _keep_registered() -> None:
    while True:
        try:
            scheduler = _scheduler()
            register_periodic(scheduler)
            # clock: read by people and monitors, as Unix time
            scheduler.connection.set("parakeet:scheduler:seen", int(time.time()))
        except (RedisError, OSError) as error:
            log.warning("periodic_list_not_registered", error=type(error).__name__)
            time.sleep(2)
            continue
        except Exception:  # such as an entry nobody can read; without this thread nothing rings
            log.exception("periodic_list_not_registered")
        time.sleep(REGISTER_EVERY)
