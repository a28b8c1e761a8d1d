"""The planner's tick on a real database: who is queued, when, from which account, and who is not."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.accounts.services import remove_account
from app.campaigns.queries.people import find_person
from app.campaigns.services.explain import explain_lead
from app.campaigns.services.planning import plan_workspace
from app.campaigns.services.running import pause_campaign, resume_campaign
from app.core.clock import utcnow
from app.core.db import db
from app.leads.services import suppress
from app.models import CampaignAccount, CampaignDay, CampaignLead, Outbox, SendingWindow
from app.sending.news import announce
from tests.factories import make_account, make_campaign, make_campaign_lead, make_lead, make_step

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday


def no_jitter(account):
    return 0.0


def tick(at: datetime = NOW) -> int:
    count = plan_workspace(at, no_jitter)
    db.session.expire_all()
    return count


def outbox() -> list[Outbox]:
    return list(db.session.scalars(sa.select(Outbox).order_by(Outbox.send_at, Outbox.id)))


@pytest.fixture
def running(in_acme):
    """An active campaign of three steps with one account."""
    account = make_account(gap_seconds=10)
    campaign = make_campaign(accounts=[account], steps=3, status="active")
    return campaign, account


def enrol(campaign, count: int = 1, **over):
    over.setdefault("due_at", NOW)
    campaign.leads_count += count
    return [make_campaign_lead(campaign, **over) for _ in range(count)]


def test_due_leads_are_queued_with_gap_and_all_a_mail_needs(running):
    campaign, account = running
    leads = enrol(campaign, 3)
    assert tick() == 3
    rows = outbox()
    assert [r.send_at for r in rows] == [NOW + timedelta(seconds=s) for s in (0, 10, 20)]
    assert {r.state for r in rows} == {"queued"}
    first = rows[0]
    assert first.campaign_lead_id == leads[0].id
    assert first.variables["first_name"] == "Lea"
    assert first.options == {"track_opens": True, "track_clicks": True, "unsubscribe": "header"}
    assert first.intent.startswith(f"campaign-lead:{leads[0].id}:step:")
    assert {lead.state for lead in leads} == {"queued"}
    assert {lead.account_id for lead in leads} == {account.id}
    assert account.next_slot_at == NOW + timedelta(seconds=30)


def test_a_second_tick_queues_nobody_twice(running):
    enrol(running[0], 3)
    assert (tick(), tick()) == (3, 0)
    assert len(outbox()) == 3


def test_only_about_a_minute_is_queued(running):
    enrol(running[0], 30)
    assert tick() == 8  # 0 to 70 seconds, ten apart
    assert db.session.scalar(sa.select(sa.func.max(Outbox.send_at))) <= NOW + timedelta(seconds=75)


def test_follow_ups_go_first_and_stay_in_their_thread(running):
    campaign, account = running
    account.daily_limit = 1
    enrol(campaign)
    follow_up = enrol(
        campaign,
        step_position=2,
        account_id=account.id,
        first_sent_at=NOW - timedelta(days=3),
        thread_subject="Hello Lea",
        last_message_id="b@x",
        references=["a@x", "b@x"],
    )[0]
    assert tick() == 1
    row = outbox()[0]
    assert row.campaign_lead_id == follow_up.id
    assert row.subject == "Re: Hello Lea"
    assert (row.in_reply_to, row.references) == ("b@x", ["a@x", "b@x"])


def test_a_follow_up_with_its_own_subject_begins_a_new_thread(running):
    campaign, account = running
    make_step(campaign, position=4, subject="Something else")
    enrol(
        campaign, step_position=4, account_id=account.id, first_sent_at=NOW, last_message_id="a@x"
    )
    tick()
    assert (outbox()[0].subject, outbox()[0].in_reply_to) == ("", "")


def test_a_busy_account_does_not_hold_up_the_others(running):
    campaign, busy = running
    busy.next_slot_at = NOW + timedelta(minutes=9)
    free = make_account()
    blocked = [
        enrol(campaign, step_position=2, account_id=busy.id, first_sent_at=NOW)[0] for _ in range(5)
    ]
    waiting = enrol(campaign, step_position=2, account_id=free.id, first_sent_at=NOW)[0]
    assert tick() == 1
    assert waiting.state == "queued"
    assert {lead.state for lead in blocked} == {"waiting"}


def test_a_paused_campaign_of_the_same_account_blocks_nobody(running):
    campaign, account = running
    other = make_campaign(accounts=[account], steps=2, status="paused")
    early = NOW - timedelta(days=1)
    stuck = enrol(
        other, 9, step_position=2, account_id=account.id, first_sent_at=early, due_at=early
    )
    account.daily_limit = 1
    mine = enrol(campaign, step_position=2, account_id=account.id, first_sent_at=early)[0]
    assert tick() == 1
    assert mine.state == "queued"
    assert {lead.state for lead in stuck} == {"waiting"}


def test_caps_of_the_campaign_count_what_was_sent_and_what_is_on_its_way(running):
    campaign, _ = running
    campaign.daily_cap, campaign.daily_new_cap = 5, 3
    db.session.add(CampaignDay(campaign_id=campaign.id, day=NOW.date(), sent=2, contacted=1))
    enrol(campaign, 5)
    assert (tick(), tick()) == (2, 0)  # three new leads a day, one of them contacted already


def test_the_daily_limit_of_an_account_counts_what_is_queued(running):
    campaign, account = running
    account.daily_limit = 2
    enrol(campaign, 5)
    assert (tick(), tick(NOW + timedelta(minutes=5))) == (2, 0)


@pytest.mark.parametrize("status", ["paused", "reconnect_required", "disconnected", "removed"])
def test_accounts_that_cannot_send_get_nothing(running, status):
    campaign, account = running
    account.status = status
    enrol(campaign)
    assert tick() == 0


def test_outside_the_window_nothing_is_queued_and_expiry_is_the_end_of_it(running):
    campaign, _ = running
    db.session.execute(sa.delete(SendingWindow))
    db.session.add(
        SendingWindow(campaign_id=campaign.id, weekday=0, start_minute=9 * 60, end_minute=17 * 60)
    )
    enrol(campaign)
    assert tick(NOW.replace(hour=18)) == 0
    assert tick() == 1
    assert outbox()[0].expires_at == NOW.replace(hour=17)


def test_a_lead_with_its_own_zone_is_due_when_its_window_opens(running):
    campaign, _ = running
    campaign.use_lead_time_zone = True
    db.session.execute(sa.delete(SendingWindow))
    db.session.add(
        SendingWindow(campaign_id=campaign.id, weekday=0, start_minute=9 * 60, end_minute=17 * 60)
    )
    tokyo = enrol(campaign, lead=make_lead(time_zone="Asia/Tokyo"))[0]
    berlin = enrol(campaign, lead=make_lead(time_zone="Europe/Berlin"))[0]
    assert tick() == 1
    assert berlin.state == "queued"
    assert (tokyo.state, tokyo.due_at) == ("waiting", datetime(2026, 11, 30, 0, 0, tzinfo=UTC))


def test_suppressed_leads_are_stopped_not_sent(running):
    campaign, _ = running
    blocked, fine = enrol(campaign, 2)
    lead = db.session.get_one(type(make_lead()), blocked.lead_id)
    db.session.execute(sa.update(CampaignLead).values(state="waiting"))
    suppress(lead.email, reason="manual")
    db.session.execute(
        sa.update(CampaignLead).where(CampaignLead.id == blocked.id).values(state="waiting")
    )
    assert tick() == 1
    assert (blocked.state, fine.state) == ("stopped", "queued")
    assert "do-not-contact" in blocked.state_reason


def test_a_lead_past_the_last_step_is_completed(running):
    campaign, account = running
    lead = enrol(campaign, step_position=4, account_id=account.id, first_sent_at=NOW)[0]
    enrol(campaign)
    tick()
    assert lead.state == "completed"


def test_a_pause_takes_back_what_is_queued_and_a_resume_queues_it_again(running):
    campaign, _ = running
    leads = enrol(campaign, 2)
    tick()
    pause_campaign(campaign)
    db.session.expire_all()
    assert {row.state for row in outbox()} == {"cancelled"}
    assert {lead.state for lead in leads} == {"waiting"}
    assert tick() == 0
    resume_campaign(campaign)
    assert tick(NOW + timedelta(minutes=1)) == 2
    assert [row.state for row in outbox()] == ["queued", "queued"]
    assert len(outbox()) == 2


def test_a_pause_that_is_over_lets_the_lead_go_on(running):
    campaign, _ = running
    away = enrol(campaign, state="paused", resume_at=NOW - timedelta(seconds=1))[0]
    later = enrol(campaign, state="paused", resume_at=NOW + timedelta(days=1))[0]
    assert tick() == 1
    assert (away.state, later.state) == ("queued", "paused")


def test_a_campaign_is_completed_when_nobody_is_left(running):
    campaign, _ = running
    enrol(campaign, state="completed")
    enrol(campaign, state="replied")
    held = enrol(campaign, state="held")[0]
    tick()
    assert campaign.status == "active"
    held.state = "stopped"
    db.session.flush()
    tick()
    assert campaign.status == "completed"
    assert campaign.completed_at == NOW


def test_an_empty_campaign_is_not_completed(running):
    tick()
    assert running[0].status == "active"


def test_steps_are_needed(running):
    bare = make_campaign(accounts=[running[1]], status="active")
    enrol(bare)
    assert tick() == 0


def test_a_name_on_several_lines_is_one_line_in_the_header(running):
    name = {"first_name": "Ann\r\nBcc: x@evil.test", "last_name": "Lee\x01" + "e" * 900}
    enrol(running[0], lead=make_lead("ann@people.test", **name))
    tick()
    assert outbox()[0].to_name == ("Ann Bcc: x@evil.test Lee " + "e" * 900)[:150]


def test_who_was_never_written_to_is_bound_to_no_account(running):
    """Their mail was taken back when the account went: they neither wait for it nor block others."""
    campaign, lost = running
    leads = enrol(campaign, 2)
    tick()
    assert {lead.account_id for lead in leads} == {lost.id}
    other = make_account(gap_seconds=3600)
    db.session.add(CampaignAccount(campaign_id=campaign.id, account_id=other.id))
    remove_account(lost)
    db.session.commit()
    announce(lost.id)
    db.session.expire_all()
    assert [lead.state for lead in leads] == ["waiting", "waiting"]
    assert tick(utcnow()) == 1
    assert (leads[0].state, leads[0].account_id) == ("queued", other.id)
    assert "Next in line" in explain_lead(find_person(leads[1].id), campaign, utcnow())
