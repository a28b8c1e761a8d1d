"""The planner and a person at the same moment: real connections, real commits."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from app.campaigns.queries.campaigns import get_campaign, steps_of
from app.campaigns.schemas import ScheduleInput
from app.campaigns.services import progress, reactions, running, sequence
from app.campaigns.services.campaigns import update_schedule
from app.campaigns.services.planning import plan_workspace
from app.core.clock import utcnow
from app.core.db import db
from app.core.tenancy import workspace_context
from app.core.transactions import unit_of_work
from app.models import CampaignLead, Outbox
from tests.factories import make_account, make_campaign, make_campaign_lead

pytestmark = pytest.mark.committed


@pytest.fixture
def planned(app, in_acme):
    """An active campaign with three leads that are due."""
    campaign = make_campaign(accounts=[make_account()], steps=2, status="active", leads_count=3)
    for _ in range(3):
        make_campaign_lead(campaign)
    db.session.commit()
    return campaign.id, in_acme.acme.id


def during_a_plan(app, workspace_id: int, act: Callable[[], object]) -> None:
    """Run `act` in a transaction of its own that begins while a plan is under way."""

    def other() -> None:
        with app.app_context(), workspace_context(workspace_id):
            try:
                with unit_of_work():
                    act()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work():
            assert plan_workspace(utcnow(), lambda _: 0.0) == 3
            done = pool.submit(other)
            until_it_waits_or_ends(done)
        done.result(60)
    db.session.rollback()


def until_it_waits_or_ends(done: "Future[Any]") -> None:
    """The other side stands before a lock of ours, or did not need to."""
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"  # not of other tests
    )
    deadline = time.monotonic() + 60
    # Within one transaction, PostgreSQL shows for ever who was connected at the first look.
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as look:
        while not done.done() and time.monotonic() < deadline:
            if look.scalar(waiting):
                return
            time.sleep(0.02)


def states(model) -> list[str]:
    return list(db.session.scalars(sa.select(model.state)))


@pytest.mark.parametrize(
    ("verb", "lead_state"),
    [
        (running.pause_campaign, "waiting"),
        (running.archive_campaign, "waiting"),
        (running.delete_campaign, "stopped"),
        (lambda c: sequence.delete_step(c, steps_of(c.id)[0]), "waiting"),
        (lambda c: update_schedule(c, ScheduleInput(always_open=True)), "waiting"),
    ],
    ids=["pause", "archive", "delete", "delete step", "schedule"],
)
def test_what_is_being_planned_is_taken_back_too(app, planned, verb, lead_state):
    campaign_id, workspace_id = planned
    during_a_plan(app, workspace_id, lambda: verb(get_campaign(campaign_id)))
    assert set(states(Outbox)) == {"cancelled"}
    assert set(states(CampaignLead)) == {lead_state}


@pytest.mark.parametrize("act", ["replied", "unsubscribed", "bounced"])
def test_who_reacts_while_being_planned_is_not_written_to(app, planned, act):
    _, workspace_id = planned
    lead_id = db.session.scalars(sa.select(CampaignLead.id).order_by(CampaignLead.id)).first()
    verbs = {
        "replied": lambda: reactions.replied(lead_id, utcnow()),
        "unsubscribed": lambda: reactions.unsubscribed(lead_id, utcnow()),
        "bounced": lambda: progress.bounced(lead_id, utcnow(), "550"),
    }
    during_a_plan(app, workspace_id, verbs[act])
    assert db.session.get_one(CampaignLead, lead_id).state == act
    rows = db.session.execute(sa.select(Outbox.campaign_lead_id, Outbox.state))
    mails = {row[0]: row[1] for row in rows}
    assert mails.pop(lead_id) == "cancelled"
    assert set(mails.values()) == {"queued"}


def test_of_two_clicks_on_launch_the_second_waits_for_the_first(app, in_acme):
    """Its checks would look at what the first has begun, and find nobody left to write to."""
    campaign_id = make_campaign(status="draft").id
    db.session.commit()

    def click() -> bool:
        with app.app_context(), workspace_context(in_acme.acme.id):
            try:
                with unit_of_work():
                    return running.is_under_way(get_campaign(campaign_id))
            finally:
                db.session.remove()

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work():
            first = get_campaign(campaign_id)
            assert not running.is_under_way(first)
            second = pool.submit(click)
            until_it_waits_or_ends(second)
            assert running.launch_campaign(first)
        assert second.result(60)
    db.session.rollback()
