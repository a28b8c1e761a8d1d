"""Jobs on the real Redis: rings arrive, are coalesced, survive a flush, and payloads are JSON."""

import contextlib
import json
import logging
import zlib

import pytest
from rq import SimpleWorker
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from app.core import jobs, monitoring, rq
from app.core.errors import Conflict
from app.core.jobs import Outcome, Queue, Ring, job
from app.core.settings import settings
from app.core.tenancy import current_workspace_id

heard: list[tuple[int, int | None]] = []


@job("test.heard")
def hear(number: int) -> None:
    """Note what arrived, and in which workspace."""
    heard.append((number, current_workspace_id.get()))


@job("test.fails")
def fail() -> None:
    """Break."""
    raise RuntimeError("broken on purpose")


@job("test.refused")
def refuse() -> None:
    """Find that there is nothing to do."""
    raise Conflict


@pytest.fixture
def bell(app, redis):
    """The real dispatcher on an empty Redis."""
    heard.clear()
    return rq.Dispatcher()


def as_text(record: logging.LogRecord) -> str:
    """A line as it stands in the log."""
    return logging.root.handlers[0].format(record)


def work(redis) -> None:
    worker = SimpleWorker(
        [rq.JsonQueue("default", connection=redis)],
        connection=redis,
        job_class=rq.JsonJob,
        queue_class=rq.JsonQueue,
        serializer=JSONSerializer,
    )
    worker.work(burst=True, logging_level="ERROR")


def test_a_ring_arrives_with_its_workspace(bell, redis, cast):
    bell(Ring("test.heard", {"number": 1}, workspace_id=cast.acme.id))
    work(redis)
    assert heard == [(1, cast.acme.id)]
    assert current_workspace_id.get() is None


def test_payloads_are_json_and_carry_only_scalars(bell, redis):
    bell(Ring("test.heard", {"number": 5}))
    [job_id] = rq.JsonQueue("default", connection=redis).job_ids
    raw = redis.hget(f"rq:job:{job_id}", "data")
    data = json.loads(raw if raw.startswith(b"[") else zlib.decompress(raw))
    assert data[3]["arguments"] == {"number": 5}


def test_once_coalesces_until_the_job_starts(bell, redis):
    for _ in range(3):
        bell(Ring("test.heard", {"number": 2}, once=True))
    work(redis)
    bell(Ring("test.heard", {"number": 2}, once=True))
    work(redis)
    assert heard == [(2, None), (2, None)]


def test_a_job_that_breaks_is_kept_for_a_person(bell, redis):
    bell(Ring("test.fails"))
    work(redis)
    registry = FailedJobRegistry("default", connection=redis, serializer=JSONSerializer)
    assert len(registry) == 1


def test_the_error_table_says_what_is_no_failure(bell, redis):
    jobs.set_outcome(Conflict, Outcome.REFUSED)
    bell(Ring("test.refused"))
    work(redis)
    assert len(FailedJobRegistry("default", connection=redis, serializer=JSONSerializer)) == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test.heard", ("job='test.heard'", "outcome='done'", "ms=", "request_id='asked-for'")),
        ("test.refused", ("job='test.refused'", "outcome='refused'", "error='Conflict'")),
        ("test.fails", ("job='test.fails'", "outcome='fail'", "error='RuntimeError'")),
    ],
)
def test_each_job_leaves_one_line_with_its_workspace(app, cast, caplog, name, words):
    jobs.set_outcome(Conflict, Outcome.REFUSED)
    arguments = {"number": 4} if name == "test.heard" else {}
    with caplog.at_level(logging.INFO), contextlib.suppress(RuntimeError):
        rq.perform(name, arguments, workspace_id=cast.acme.id, rung_by="asked-for")
    [line] = [text for text in map(as_text, caplog.records) if "event='job'" in text]
    assert all(word in line for word in (*words, f"workspace_id={cast.acme.id}"))


def test_redis_away_is_no_error(app):
    before = settings.redis_url
    settings.redis_url = "redis://127.0.0.1:1/0"
    try:
        rq.Dispatcher()(Ring("test.heard", {"number": 3}))
        assert monitoring.is_redis_missing()
    finally:
        settings.redis_url = before
        monitoring.redis_seen()


def test_many_rings_do_not_each_wait_for_a_redis_that_hangs(app):
    calls = 0

    class Hangs(rq.Dispatcher):
        def _ring(self, redis, ring):
            nonlocal calls
            calls += 1
            super()._ring(redis, ring)

    before = settings.redis_url
    settings.redis_url = "redis://127.0.0.1:1/0"
    try:
        bell = Hangs()
        for number in range(20):
            bell(Ring("test.heard", {"number": number}))
        assert calls == 1
        bell._away_until = 0  # some seconds later
        bell(Ring("test.heard", {"number": 20}))
        assert calls == 2
    finally:
        settings.redis_url = before
        monitoring.redis_seen()


def test_the_periodic_list_is_restored_after_a_flush(app, redis):
    scheduler = rq.OneAtATime(connection=redis, interval=2)
    rq.register_periodic(scheduler)
    declared = {"periodic-" + spec.name.replace(".", "-") for spec in jobs.periodic_jobs()}
    assert {entry.id for entry in scheduler.get_jobs()} == declared
    redis.flushdb()
    rq.register_periodic(scheduler)
    assert {entry.id for entry in scheduler.get_jobs()} == declared


def test_periodic_rings_do_not_pile_up(app, redis):
    @job("test.tick", every=1)
    def tick() -> None:
        """Tick."""

    scheduler = rq.OneAtATime(connection=redis, interval=2)
    rq.register_periodic(scheduler)
    for _ in range(3):
        for entry in list(scheduler.get_jobs()):
            scheduler.enqueue_job(entry)
    ids = rq.JsonQueue(Queue.DEFAULT.value, connection=redis).job_ids
    assert ids.count("periodic-test-tick") == 1
    jobs._registry.pop("test.tick")
