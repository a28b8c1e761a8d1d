"""Everything at once: real workers killed at random, Redis emptied and stopped, PostgreSQL
connections cut. The mail server's own log says what arrived: none twice, none lost."""

import os
import random
import time

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.models import EmailAccount
from tests.crash.conftest import OPEN_STATES
from tests.crash.workers import fleet
from tests.factories import make_account
from tests.servers.redis_server import redis_server

pytestmark = pytest.mark.committed
KILLS, MAILS = int(os.environ.get("STORM_KILLS", "100")), int(os.environ.get("STORM_MAILS", "500"))

SLOW = 1.5  # seconds at most for a mail, so that as many as are wanted die in the middle of one


@pytest.fixture
def own_redis(tmp_path):
    with redis_server(tmp_path) as server:
        yield server


def environment(world, redis, instance_dir):
    imap = db.session.scalar(sa.select(EmailAccount.imap_port))
    db.session.commit()
    return {
        "PARAKEET_ENV": "test",
        "DATABASE_URL": db.engine.url.render_as_string(hide_password=False),
        "REDIS_URL": redis.url,
        "INSTANCE_DIR": instance_dir,
        "EGRESS_ALLOW": f"127.0.0.1:{world.sink.port},127.0.0.1:{imap}",
        "PUBLIC_URL": "http://localhost",
        "SOCKET_TIMEOUT": "3",
        "SEND_LEASE_SECONDS": "7",
        "RECONCILE_WAITS": "1,1",
        "LOG_LEVEL": "ERROR",
    }


def more_accounts(world, count):
    """Accounts at the same server, whose copies are filed in one mailbox."""
    first = db.session.get(EmailAccount, world.account_id)
    ids = [first.id]
    for number in range(count - 1):
        made = make_account(
            email=f"sam{number}@acme.test",
            smtp_port=first.smtp_port,
            imap_port=first.imap_port,
            sent_copy=first.sent_copy,
            credentials=first.credentials,
        )
        ids.append(made.id)
    db.session.commit()
    return ids


def open_rows(world):
    return [state for state in world.states() if state in OPEN_STATES]


def wait_until_over(world, seconds):
    deadline = time.monotonic() + seconds
    while left := open_rows(world):
        assert time.monotonic() < deadline, f"{len(left)} mails never came to an end: {set(left)}"
        time.sleep(0.2)


def cut_connections():
    """End the database sessions of all workers."""
    db.session.execute(
        sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )
    db.session.commit()


def rage(world, workers, redis, kills):
    """Kill until it is enough or nothing is left to disturb."""
    done = 0
    deadline = time.monotonic() + 6 * kills + 180
    while done < kills and open_rows(world) and time.monotonic() < deadline:
        if not workers.kill_a_child():
            time.sleep(0.02)
            continue
        done += 1
        if done % 7 == 0:
            workers.kill_a_worker()
        if done % 9 == 4:
            cut_connections()
        if done % 11 == 6:
            redis.flush()
        if done % 25 == 10:
            redis.stop()
            time.sleep(2)
            redis.start()
        time.sleep(random.random() * 0.4)
    return done


def storm(world, redis, instance_dir, *, accounts, mails, kills, seconds):
    ids = more_accounts(world, accounts)
    for number, account_id in enumerate(ids):
        world.queue((mails + number) // accounts, account_id=account_id)
    world.sink.behave(delay=SLOW, lose_acks=0.01)
    roles = ("send", "send", "send", "default", "sync", "scheduler")
    with fleet(environment(world, redis, instance_dir), *roles) as workers:
        killed = rage(world, workers, redis, kills)
        world.sink.behave(delay=0.05)
        wait_until_over(world, seconds)
    assert killed == kills, "the mails were gone before they could be disturbed so often"
    assert len(world.rows()) == mails


@pytest.mark.parametrize("world", ["provider"], indirect=True)
def test_short_storm(world, own_redis, instance_dir):
    storm(world, own_redis, instance_dir, accounts=4, mails=60, kills=6, seconds=600)
    assert set(world.states()) == {"sent"}
    assert dict(world.sink.taken()) == {row.message_id: 1 for row in world.rows()}


@pytest.mark.long
@pytest.mark.parametrize("world", ["provider", "none"], indirect=True)
def test_long_storm(world, own_redis, instance_dir):
    storm(world, own_redis, instance_dir, accounts=8, mails=MAILS, kills=KILLS, seconds=600)
    taken = world.sink.taken()
    assert max(taken.values()) == 1
    for row in world.rows():
        assert (row.state == "sent") <= (taken[row.message_id] == 1)
        assert row.state in {"sent", "held"}
        assert row.state == "sent" or row.marks_dot, "held although there is evidence"


@pytest.mark.parametrize("world", ["none"], indirect=True)
def test_redis_emptied_and_away(world, own_redis, instance_dir):
    """Periodic jobs included: without the scheduler's entries nothing would ring any more."""
    world.queue(30)
    world.sink.behave(delay=0.2)
    with fleet(environment(world, own_redis, instance_dir), "send", "default", "scheduler"):
        while "sent" not in world.states():
            time.sleep(0.05)
        own_redis.flush()
        own_redis.stop()
        world.queue(5, intent=None)
        own_redis.start()
        wait_until_over(world, 600)
    assert set(world.states()) == {"sent"}
    assert set(world.sink.taken().values()) == {1}
