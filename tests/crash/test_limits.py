"""Fifty workers at once: the day's limit holds to the mail; a committed stop is always obeyed."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import sqlalchemy as sa
from flask import current_app

from app.core.clock import utcnow
from app.core.db import db
from app.core.statements import KeptConnection
from app.core.tenancy import require_workspace_id, workspace_context
from app.models import AccountDay, EmailAccount
from app.sending import statements
from app.sending.policies import local_day
from app.sending.services import cancel_queued
from tests.crash.conftest import wait_for_lock

pytestmark = pytest.mark.committed
LIMIT, WORKERS = 20, 50


@pytest.fixture
def one_day(freeze):
    """The clock is held, so that midnight gives nobody another day's mails."""
    with freeze(utcnow()):
        yield


@pytest.mark.usefixtures("one_day")
@pytest.mark.parametrize("world", ["none"], indirect=True)
def test_daily_limit_under_fifty_workers(world):
    """All of them hold the same lease here, which the lease itself would never allow."""
    world.queue(3 * LIMIT)
    fence = _take_lease(world)
    app, workspace_id = current_app._get_current_object(), require_workspace_id()

    def claim_all(_):
        with (
            app.app_context(),
            workspace_context(workspace_id),
            closing(KeptConnection()) as connection,
        ):
            return len(list(iter(lambda: _claim(connection, world.account_id, fence), None)))

    with ThreadPoolExecutor(WORKERS) as workers:
        claimed = sum(workers.map(claim_all, range(WORKERS)))
    assert claimed == LIMIT
    assert world.states().count("sending") == LIMIT
    assert db.session.scalar(sa.select(AccountDay.campaign_claimed)) == LIMIT


@pytest.mark.parametrize("world", ["none"], indirect=True)
def test_a_stop_before_the_claim_is_always_obeyed(world):
    world.queue(150)
    world.sink.behave(delay=0.005)
    worker = world.worker()
    stopped = set()
    for number in range(150, 0, -1):
        stopped |= set(cancel_queued(campaign_lead_ids=[number], reason="replied"))
        db.session.commit()
    worker.wait()
    world.settle()
    sent = {int(to.removeprefix("lead").partition("@")[0]) + 1 for to in world.sink.recipients()}
    assert stopped
    assert sent & stopped == set()
    assert sent | stopped == set(range(1, 151))


@pytest.mark.parametrize("world", ["none"], indirect=True)
@pytest.mark.parametrize("change", [{"status": "paused"}, {"fence": 99}])
def test_what_is_committed_while_a_claim_waits_is_obeyed(world, other_session, change):
    """A person pauses, or another worker takes over, at the very moment of a claim."""
    world.queue(1)
    fence = _take_lease(world)
    app, workspace_id = current_app._get_current_object(), require_workspace_id()

    def claim():
        with (
            app.app_context(),
            workspace_context(workspace_id),
            closing(KeptConnection()) as connection,
        ):
            return _claim(connection, world.account_id, fence)

    account = sa.update(EmailAccount).where(EmailAccount.id == world.account_id)
    other_session.execute(account.values(change))
    with ThreadPoolExecutor(1) as worker:
        claimed = worker.submit(claim)
        wait_for_lock(other_session)
        other_session.commit()
        assert claimed.result(timeout=60) is None
    assert world.states() == ["queued"]
    assert db.session.scalar(sa.select(AccountDay.campaign_claimed)) is None


def _take_lease(world):
    account = db.session.get(EmailAccount, world.account_id)
    account.daily_limit = LIMIT
    db.session.commit()
    [row] = statements.run(
        statements.TAKE_LEASE, account_id=account.id, owner="test", lease=600, now=utcnow()
    )
    db.session.commit()
    return row["fence"]


def _claim(connection, account_id, fence):
    now = utcnow()
    values = {
        "now": now, "take": True, "account_id": account_id, "fence": fence, "lease": 600,
        "campaigns": True, "gap": 0, "day": local_day(now, "UTC"), "limit": LIMIT,
        "marks_dot": True, "done_id": None, "sent_at": None, "subject": None,
        "provider_message_id": None, "sent_copy_due": None, "raw_blob": None,
    }  # fmt: skip
    [row] = statements.run(statements.RECORD_AND_CLAIM, connection, **values)
    return row["id"]
