"""Redis emptied or away, PostgreSQL cut off, stopped or killed, in the middle of a run: nobody sees an
error page for Redis, nothing is lost and nothing is sent twice. All processes are real; the mail is
counted in the Sent folders that the server keeps.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from imapclient import IMAPClient
from redis import Redis

from app.core.jobs import periodic_jobs
from app.sandbox.passwords import sandbox_password
from launcher.ports import PortBook
from launcher.postgres import Postgres
from tests.journey.conftest import install, stop
from tests.journey.people import Visitor, look_at_pictures, read_mails
from tests.servers.installation import Installation, until
from tests.servers.ports import free_port
from tests.servers.redis_server import RedisServer, redis_server

# A mail in doubt is looked up when its lease has run out: seconds here, minutes in production.
SOON = {"SOCKET_TIMEOUT": "3", "SEND_LEASE_SECONDS": "7", "RECONCILE_WAITS": "1,1"}

LEADS = 10
PERIODIC = "rq:scheduler:scheduled_jobs"


@dataclass
class World:
    """An installation with its own Redis, and somebody who works with it."""

    parakeet: Installation
    redis: RedisServer
    postgres: Postgres
    visitor: Visitor
    senders: list[dict[str, Any]] = field(default_factory=list)

    def client(self, address: str) -> IMAPClient:
        """A mailbox of the simulated world."""
        client = IMAPClient("127.0.0.1", self.parakeet.imap_port, ssl=False)
        client.login(address, sandbox_password(self.parakeet.environ()["SANDBOX_KEY"], address))
        return client

    def sent(self, subject: str) -> Counter[str]:
        """How often each lead of a campaign was written to."""
        found: list[EmailMessage] = []
        for sender in self.senders:
            found += read_mails(self, sender["email"], "Sent")
        return Counter(str(mail["To"]) for mail in found if mail["Subject"] == subject)

    def campaign(self, name: str, leads: int = LEADS) -> str:
        """A campaign of one mail, ready to be launched; its leads never react."""
        ask = self.visitor.ask
        where = f"/api/campaign/{ask('POST', '/api/campaign', {'name': name})['id']}"
        people = [{"email": f"{name}{n}+silent@{name}.sandbox.test"} for n in range(leads)]
        ask("POST", f"{where}/leads", {"leads": people})
        body = '<p>Hello, <a href="https://example.com/">look</a>.</p>'
        ask("PUT", f"{where}/sequence", {"steps": [{"subject": name, "body_html": body}]})
        ask("PUT", f"{where}/schedule", {"time_zone": "UTC", "always_open": True})
        ids = [sender["id"] for sender in self.senders]
        switches = dict.fromkeys(("track_opens", "track_clicks", "unsubscribe_header"), True)
        ask("PUT", f"{where}/settings", {"name": name, "account_ids": ids, **switches})
        return where

    def launch(self, name: str) -> str:
        where = self.campaign(name)
        self.visitor.ask("POST", f"{where}/launch")
        until(f"the first mails of {name} leave", lambda: self.sent(name).total() >= 3, 120)
        return where

    def assert_all_once(self, name: str, where: str, seconds: float, leads: int = LEADS) -> None:
        until(f"all of {name} is sent", lambda: len(self.sent(name)) == leads, seconds)
        until("and counted", lambda: self.visitor.ask("GET", where)["stats"]["sent"] == leads, 120)
        assert set(self.sent(name).values()) == {1}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("outages")
    with redis_server(directory) as redis, own_postgres() as postgres:
        parakeet = install(directory, redis, **SOON)
        parakeet.server_url = postgres.url("postgres")
        try:
            found = World(parakeet.start(), redis, postgres, Visitor(parakeet.url))
            _move_in(found)
            yield found
            found.visitor.close()
        finally:
            stop(parakeet)


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    """One that may be killed, and that must not lose what it has confirmed."""
    home = Path(mkdtemp(prefix="parakeet-"))
    home.chmod(0o711)  # so that it can run as another user when the tests run as root
    ports = PortBook(home)
    ports.remember("postgres", free_port())  # it must find its port free when it comes back
    server = Postgres(home, "pg-word", ports)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home)


def _move_in(world: World) -> None:
    """Two accounts with a pause after each mail, so that a run lasts about half a minute."""
    visitor = world.visitor
    visitor.sign_up("olga@acme.test", "Acme")
    visitor.submit("/w/acme/sandbox/accounts", "/accounts")
    visitor.take_token("olga@acme.test")
    world.senders = visitor.ask("GET", "/api/account")
    assert len(world.senders) == 2
    for sender in world.senders:
        pace = {"daily_limit": 2000, "gap_minutes": 0.02, "jitter_minutes": 0}
        visitor.ask("PUT", f"/api/account/{sender['id']}", {**pace, "sent_copy": "provider"})


@contextmanager
def at_work(world: World) -> Iterator[list[str]]:
    """Somebody who works with the application all the time; what went wrong is collected."""
    over, trouble = threading.Event(), list[str]()

    def work() -> None:
        colleague = Visitor(world.parakeet.url)
        colleague.json.headers.update(world.visitor.json.headers)
        colleague.pages.cookies.update(world.visitor.pages.cookies)
        number = 0
        while not over.is_set():
            number += 1
            lead = {"email": f"new{number}-{time.monotonic_ns()}@elsewhere.sandbox.test"}
            for ask in (
                lambda: colleague.get("/w/acme/campaigns"),
                lambda: colleague.get("/w/acme/dashboard"),
                lambda: colleague.get("/readyz"),
                lambda: colleague.call("POST", "/api/lead", json=lead),  # noqa: B023
            ):
                try:
                    answer = ask()
                except requests.RequestException as error:
                    trouble.append(repr(error))
                else:
                    if answer.status_code >= 400:
                        trouble.append(f"{answer.url} {answer.status_code} {answer.text[:300]}")
            over.wait(0.2)
        colleague.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield trouble
    finally:
        over.set()
        thread.join(300)


def periodic_entries(redis: RedisServer) -> set[str]:
    """Ids of what the scheduler will ring."""
    with Redis.from_url(redis.url) as client:
        return {key.decode() for key in client.zrange(PERIODIC, 0, -1)}


def test_an_emptied_redis_loses_no_mail_and_no_periodic_job(world: World) -> None:
    declared = {f"periodic-{spec.name.replace('.', '-')}" for spec in periodic_jobs()}
    until("the periodic list is there", lambda: periodic_entries(world.redis) >= declared, 120)
    where = world.launch("flushed")
    with at_work(world) as trouble:
        # Looked at in the same breath: a scheduler in the middle of a round writes at once.
        with Redis.from_url(world.redis.url) as client, client.pipeline() as at_once:
            at_once.flushall().zcard(PERIODIC)
            assert at_once.execute() == [True, 0]
        until("the periodic list is back", lambda: periodic_entries(world.redis) == declared, 240)
        world.assert_all_once("flushed", where, 240)
    assert trouble == []


def assert_survives_without_redis(world: World, name: str, seconds: float) -> None:
    where = world.launch(name)
    waiting = world.campaign(f"{name}too", leads=4)
    with at_work(world) as trouble:
        world.redis.stop()
        began = time.monotonic()
        try:
            world.visitor.ask("POST", f"{waiting}/launch")
            mail = read_mails(world, world.senders[0]["email"], "Sent")[-1]
            assert look_at_pictures(mail).ok
            assert world.visitor.get("/readyz").json()["redis"] is False
            time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        finally:
            world.redis.start()
        world.assert_all_once(name, where, 300)
        world.assert_all_once(f"{name}too", waiting, 300, leads=4)
    assert trouble == []
    assert_all_run(world)


def assert_all_run(world: World) -> None:
    """No process had to be started again."""
    ended = {name for name, one in world.parakeet.processes.items() if one.poll() is not None}
    assert ended == set()


def test_redis_stopped_for_some_seconds(world: World) -> None:
    assert_survives_without_redis(world, "short", 8)


@pytest.mark.long
def test_mail_servers_killed_and_back_after_some_seconds(world: World) -> None:
    where = world.launch("dead")
    began = world.sent("dead").total()
    world.parakeet.kill("sandbox")  # SMTP and IMAP at once, in the middle of whatever they did
    time.sleep(8)
    world.parakeet.spawn("sandbox", "-m", "app.sandbox")
    until("the mail servers are back", lambda: _answers(world), 60)
    assert began < LEADS
    assert world.visitor.get("/w/acme/dashboard").ok
    world.assert_all_once("dead", where, 400)
    statuses = {account["status"] for account in world.visitor.ask("GET", "/api/account")}
    assert statuses == {"connected"}


def _answers(world: World) -> bool:
    try:
        with world.client(world.senders[0]["email"]):
            return True
    except OSError:
        return False


@pytest.mark.long
def test_redis_stopped_for_a_minute(world: World) -> None:
    assert_survives_without_redis(world, "minute", 60)


def test_database_connections_cut_again_and_again(world: World) -> None:
    where = world.launch("cut")
    engine = sa.create_engine(world.parakeet.server_url, isolation_level="AUTOCOMMIT")
    cut = sa.text(
        "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity WHERE datname = :d"
    )
    for _ in range(6):
        with engine.connect() as connection:
            assert connection.scalar(cut, {"d": world.parakeet.name})
        # Whoever comes after the cut finds everything as before.
        assert world.visitor.get("/w/acme/dashboard").status_code == 200
        assert world.visitor.call("GET", where).status_code == 200
        time.sleep(1.5)
    engine.dispose()
    world.assert_all_once("cut", where, 300)
    assert_all_run(world)


def test_what_is_opened_while_the_database_restarts_is_kept(world: World) -> None:
    world.assert_all_once("blink", world.launch("blink"), 300)
    mails = [read_mails(world, sender["email"], "Sent")[-1] for sender in world.senders]
    before = _opens(world)
    with ThreadPoolExecutor() as people:
        world.postgres.stop()
        answers = people.map(look_at_pictures, mails)
        time.sleep(0.3)  # they come while it is away, and are kept for about five seconds
        world.postgres.restart()
        assert all(answer.ok for answer in answers)
    assert _opens(world) == before + len(mails)


def test_postgresql_killed_and_back_after_some_seconds(world: World) -> None:
    where = world.launch("crashed")
    world.postgres.process().kill()
    began = time.monotonic()
    # Its sessions outlive it by a moment, in which they still answer.
    until("it is down", lambda: not world.postgres.remains(), 60)
    answer = world.visitor.get("/w/acme/dashboard")
    assert answer.status_code == 503
    assert "does not answer right now" in answer.text
    time.sleep(max(0.0, 5 - (time.monotonic() - began)))
    world.postgres.restart()
    until("the pages are back", lambda: world.visitor.get("/w/acme/dashboard").ok, 60)
    world.assert_all_once("crashed", where, 300)
    assert_all_run(world)


def _opens(world: World) -> int:
    engine = sa.create_engine(world.parakeet.database_url)
    with engine.connect() as connection:
        query = sa.text("SELECT count(*) FROM tracking_hit WHERE kind = 'open'")
        found = connection.scalar(query)
    engine.dispose()
    return int(found)
