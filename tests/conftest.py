"""Shared fixtures: a real PostgreSQL and Redis, the cast, the page client, captured jobs.

Each test runs inside an outer transaction that is rolled back. Tests marked `committed` see a
database with real commits (several connections, processes); it is emptied after them.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, expect, sync_playwright
from redis import Redis

from app import create_app
from app.auth.services import start_session
from app.core import clock, events, jobs
from app.core.db import db
from app.core.events import SystemMailRequested
from app.core.jobs import Ring
from app.core.settings import settings
from app.core.tenancy import workspace_context
from app.core.transactions import App
from app.models import User, Workspace
from tests.chromium import CHROMIUM, FLAGS, PATIENCE
from tests.distribution import ByInstallation
from tests.factories import make_user, make_workspace
from tests.pages import PageClient

# A machine that is busy elsewhere is no fault of a rule: neither an example nor its making is timed.
# CI tries the same examples each time: a change is judged by itself, the search goes on elsewhere.
hypothesis_settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
hypothesis_settings.load_profile("house")
expect.set_options(timeout=PATIENCE)
DAY, LAST_SECONDS = timedelta(days=1), 20
LOOPBACK = ("127.", "::1", "localhost")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByInstallation:
    """Deal the tests out to the processes."""
    return ByInstallation(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need a browser come last, or say why they cannot run.

    Playwright leaves an event loop running in its process, and asyncio.run() refuses to start
    beside one.
    """
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
    items.sort(key=_needs_browser)
    if CHROMIUM is None:
        for item in filter(_needs_browser, items):
            item.add_marker(pytest.mark.skip(reason="no Chromium found on this machine"))


def _needs_browser(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all browser tests of this process."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Fail any test that reaches for a host outside this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A database of this test process's own, dropped at the end."""
    server = os.environ.get("TEST_DATABASE_URL")
    if not server:
        pytest.exit("Set TEST_DATABASE_URL, or run the tests with bin/test.", returncode=2)
    name = f"parakeet_test_{uuid4().hex[:12]}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    engine.dispose()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis database of this test process's own."""
    base = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    prefix, _, number = base.rpartition("/")
    return f"{prefix}/{int(number) + int(worker)}"


@pytest.fixture(scope="session")
def instance_dir(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where blobs of the tests go."""
    return str(tmp_path_factory.mktemp("instance"))


@pytest.fixture(scope="session")
def app(database_url: str, redis_url: str, instance_dir: str) -> Iterator[App]:
    """The application on its test database, migrated to head."""
    app = create_app(
        TESTING=True,
        ENV="test",
        SQLALCHEMY_DATABASE_URI=database_url,
        REDIS_URL=redis_url,
        INSTANCE_DIR=instance_dir,
        PUBLIC_URL="http://localhost",
        LOG_LEVEL="ERROR",
    )
    with app.app_context():
        _make_schema()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def build_app(app: App) -> Iterator[Callable[..., App]]:
    """Makes further applications; what they set for the whole process is taken back."""
    before, handlers = dict(vars(settings)), logging.root.handlers
    dispatch = list(jobs._dispatch)
    yield lambda **values: create_app(**{"TESTING": True, "LOG_LEVEL": "ERROR", **values})
    vars(settings).update(before)
    logging.root.handlers = handlers
    jobs._dispatch[:] = dispatch


def _make_schema() -> None:
    if os.environ.get("PARAKEET_TEST_CREATE_ALL"):
        db.create_all()
        return
    from flask_migrate import upgrade

    upgrade()


@pytest.fixture(autouse=True)
def one_day() -> None:
    """No test begins in the last seconds of a day: what it counts today would be yesterday's."""
    now = clock.utcnow()
    left = (now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY - now).total_seconds()
    if left < LAST_SECONDS:
        time.sleep(left)


@pytest.fixture(autouse=True)
def same_settings() -> Iterator[None]:
    """A test may make an application of its own; the others keep their settings."""
    before = dict(vars(settings))
    yield
    vars(settings).update(before)


@pytest.fixture(autouse=True)
def clean_database(request: pytest.FixtureRequest) -> Iterator[None]:
    """An application context and a clean database for each test that uses the app."""
    if "app" not in request.fixturenames:
        yield
        return
    app: App = request.getfixturevalue("app")
    committed = request.node.get_closest_marker("committed") is not None
    if "api_limiter" in app.extensions:
        _forget_calls(request.getfixturevalue("redis_client"))
    with app.app_context():
        yield from _committed() if committed else _rolled_back()


def _forget_calls(client: Redis) -> None:
    """The JSON door counts the calls of a minute in Redis by address, and all tests share one."""
    if counts := client.keys("LIMITS*"):
        client.delete(*counts)


def _rolled_back() -> Iterator[None]:
    engine = db.engines[None]
    connection = engine.connect()
    outer = connection.begin()
    db.engines[None] = connection  # type: ignore[index]
    db.session.session_factory.configure(join_transaction_mode="create_savepoint")
    try:
        yield
    finally:
        db.session.remove()
        outer.rollback()
        connection.close()
        db.engines[None] = engine  # type: ignore[index]


# What processes that were killed have begun may still be at work.
END_OTHERS = (
    "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def _committed() -> Iterator[None]:
    try:
        yield
    finally:
        db.session.remove()
        names = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
        with db.engine.begin() as connection:
            connection.execute(sa.text(END_OTHERS))
            connection.execute(sa.text(f"TRUNCATE {names} CASCADE"))


@pytest.fixture(scope="session")
def redis_client(redis_url: str) -> Iterator[Redis]:
    """A client of the real Redis that waits as long as it takes."""
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def redis(redis_client: Redis) -> Iterator[Redis]:
    """The real Redis, emptied before and after."""
    redis_client.flushdb()
    yield redis_client
    redis_client.flushdb()


@pytest.fixture(autouse=True)
def rings() -> Iterator[list[Ring]]:
    """The rings of this test, captured instead of sent to Redis."""
    captured: list[Ring] = []

    def capture(ring: Ring) -> None:
        if not (ring.once and ring in captured):
            captured.append(ring)

    jobs.use_dispatcher(capture)
    yield captured
    jobs.use_dispatcher(lambda _ring: None)


@pytest.fixture
def run_jobs(rings: list[Ring]) -> Callable[..., list[str]]:
    """Run captured rings (and the rings those make) with no workspace but their own."""

    def run(*only: str) -> list[str]:
        ran: list[str] = []
        while ready := [ring for ring in rings if not only or ring.name in only]:
            for ring in ready:
                rings.remove(ring)
                db.session.flush()
                with workspace_context(None), workspace_context(ring.workspace_id):
                    jobs.get_job(ring.name).function(**ring.kwargs)
                ran.append(ring.name)
                if len(ran) > 200:
                    raise AssertionError(f"jobs ring each other without end: {ran[-5:]}")
        return ran

    return run


@dataclass
class Cast:
    """Alice owns Acme, Bob is a member, Vera may only look; Charlie owns Other."""

    alice: User
    bob: User
    vera: User
    charlie: User
    acme: Workspace
    other: Workspace


@pytest.fixture
def cast(app: App) -> Cast:
    """The people of the tests."""
    alice, bob = make_user("alice@acme.test"), make_user("bob@acme.test")
    vera, charlie = make_user("vera@acme.test"), make_user("charlie@other.test")
    acme = make_workspace("acme", owner=alice, member=bob, viewer=vera)
    other = make_workspace("other", owner=charlie)
    return Cast(alice, bob, vera, charlie, acme, other)


@pytest.fixture
def in_acme(cast: Cast) -> Iterator[Cast]:
    """The test itself works inside Acme."""
    acme_id = cast.acme.id
    db.session.commit()
    with workspace_context(acme_id):
        yield cast


@pytest.fixture
def client(app: App) -> FlaskClient:
    """A browser nobody is signed in with."""
    return app.test_client()


@pytest.fixture
def login(app: App) -> Callable[[FlaskClient, User], FlaskClient]:
    """Sign a client in without typing a password."""

    def sign_in(client: FlaskClient, user: User) -> FlaskClient:
        started = start_session(db.session.merge(user, load=True))
        db.session.commit()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = started.token, True
        return client

    return sign_in


@pytest.fixture
def page(app: App, login: Callable[[FlaskClient, User], FlaskClient]) -> PageClient:
    """A page-checking client: `page.as_(cast.alice).get("/w/acme/campaigns")`."""
    return PageClient(app, login)


@pytest.fixture
def mails(app: App) -> Iterator[list[SystemMailRequested]]:
    """The installation's own mail that was asked for during the test."""
    seen: list[SystemMailRequested] = []
    events.subscribe(SystemMailRequested, seen.append)
    yield seen
    events._handlers[SystemMailRequested].remove(seen.append)


@pytest.fixture
def freeze() -> Callable[[datetime], Any]:
    """`with freeze(at): …` holds the clock."""
    return clock.frozen
