"""Editing a sequence, also while it runs: what was sent stays sent, nothing is sent twice."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.policies.sequence import moved, next_positions
from app.campaigns.queries.campaigns import steps_of
from app.campaigns.schemas import StepInput
from app.campaigns.services import sequence
from app.campaigns.services.planning import plan_workspace
from app.core.clock import utcnow
from app.core.db import db
from app.models import Outbox
from tests.factories import make_account, make_campaign, make_campaign_lead

orders = st.permutations(range(6)).map(list)


@given(orders, orders, st.sets(st.integers(0, 5)), st.lists(st.integers(10, 14), unique=True))
def test_nothing_sent_is_ever_next_again(old, new, removed, added):
    after = [step for step in [*new, *added] if step not in removed]
    result = next_positions(old, after)
    for position, to in result.items():
        sent = set(old[: position - 1])
        assert not sent & set(after[to - 1 :])
    assert result[1] == 1


@given(orders, st.integers(0, 5), st.integers(-3, 9))
def test_a_moved_step_stands_where_it_was_put(order, step, to):
    result = moved(order, step, to)
    assert sorted(result) == sorted(order)
    assert result.index(step) == min(max(to - 1, 0), 5)


@pytest.fixture
def running(in_acme):
    """An active campaign A, B, C with a lead that has been sent A."""
    account = make_account()
    campaign = make_campaign(accounts=[account], steps=3, status="active")
    lead = make_campaign_lead(
        campaign, step_position=2, account_id=account.id, first_sent_at=utcnow(), due_at=utcnow()
    )
    campaign.leads_count = 1
    db.session.flush()
    return campaign, lead


def positions(campaign) -> list[int]:
    return [step.position for step in steps_of(campaign.id)]


def test_removing_what_was_sent_moves_the_lead_up(running):
    campaign, lead = running
    sequence.delete_step(campaign, steps_of(campaign.id)[0])
    assert positions(campaign) == [1, 2]
    assert lead.step_position == 1


def test_a_step_added_before_is_not_sent_to_those_who_are_past_it(running):
    campaign, lead = running
    added = sequence.add_step(campaign, StepInput(body_html="<p>new</p>"))
    sequence.move_step(campaign, added, 1)
    assert positions(campaign) == [1, 2, 3, 4]
    assert lead.step_position == 3


def test_a_queued_step_that_is_removed_does_not_leave(running):
    campaign, lead = running
    plan_workspace(utcnow(), lambda _: 0.0)
    db.session.expire_all()
    assert lead.state == "queued"
    sequence.delete_step(campaign, steps_of(campaign.id)[1])
    assert lead.state == "waiting"
    assert db.session.scalars(sa.select(Outbox.state)).all() == ["cancelled"]
    plan_workspace(utcnow(), lambda _: 0.0)
    queued = db.session.scalars(sa.select(Outbox).where(Outbox.state == "queued")).one()
    assert queued.step_id == steps_of(campaign.id)[1].id


def test_the_first_step_has_no_delay(running):
    campaign, _ = running
    first = steps_of(campaign.id)[0]
    sequence.update_step(first, StepInput(subject="Hi\nthere", delay_amount=3))
    assert (first.delay_amount, first.subject) == (0, "Hi there")


def test_a_program_replaces_the_whole_sequence(running):
    campaign, _ = running
    steps = sequence.replace_steps(
        campaign,
        [StepInput(subject="A", body_html="a"), StepInput(body_html="b", delay_amount=1)],
    )
    assert [s.subject for s in steps] == ["A", ""]
    assert positions(campaign) == [1, 2]
