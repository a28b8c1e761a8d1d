"""What becomes of a campaign lead when its mail is sent, fails, bounces, is opened or answered."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.accounts.events import AccountPaused
from app.campaigns.policies.out_of_office import resume_at
from app.campaigns.queries.campaigns import steps_of
from app.campaigns.services import progress, reactions
from app.campaigns.services.planning import plan_workspace
from app.campaigns.services.sequence import delete_step
from app.core.db import db
from app.core.events import publish
from app.leads.queries import suppressed_emails
from app.leads.services import suppress
from app.models import CampaignDay, Lead, Outbox
from app.sending.events import MailCancelled, MailFailed, MailHeld, MailNote, MailSent
from app.sync.events import (
    AutoReplyReceived,
    BounceReceived,
    ComplaintReceived,
    ReplyReceived,
)
from app.tracking.events import ClickRecorded, OpenRecorded, UnsubscribeRequested
from tests.factories import make_account, make_campaign, make_campaign_lead, make_lead

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def running(in_acme):
    """An active campaign of two steps, three days apart, in Berlin."""
    account = make_account()
    campaign = make_campaign(
        accounts=[account], steps=2, status="active", time_zone="Europe/Berlin"
    )
    return campaign, account


@pytest.fixture
def queued(running):
    """A lead whose first mail is in the outbox."""
    campaign, _ = running
    lead = make_campaign_lead(campaign, due_at=NOW)
    campaign.leads_count = 1
    plan_workspace(NOW, lambda _: 0.0)
    db.session.expire_all()
    return lead


def row_of(lead) -> Outbox:
    statement = sa.select(Outbox).where(Outbox.campaign_lead_id == lead.id)
    return db.session.scalars(statement.order_by(Outbox.id.desc())).first()


def note(lead, *, at: datetime = NOW, **over) -> MailNote:
    row = row_of(lead)
    values = {
        "outbox_id": row.id,
        "kind": "campaign",
        "account_id": row.account_id,
        "campaign_id": lead.campaign_id,
        "campaign_lead_id": lead.id,
        "step_id": row.step_id,
        "lead_id": lead.lead_id,
        "thread_id": None,
        "to_email": row.to_email,
        "subject": row.subject or "Hello Lea",
        "message_id": row.message_id,
        "provider_message_id": None,
        "in_reply_to": row.in_reply_to,
        "references": tuple(row.references),
        "at": at,
    }
    return MailNote(**{**values, **over})


def send(lead, **over) -> None:
    row = row_of(lead)
    row.state = "sent"
    publish(MailSent((note(lead, **over),)))
    db.session.expire_all()


def email_of(lead) -> str:
    return db.session.get_one(Lead, lead.lead_id).email


def test_a_sent_mail_makes_the_next_step_due_after_its_delay(running, queued):
    send(queued)
    assert (queued.state, queued.step_position) == ("waiting", 2)
    assert queued.due_at == NOW + timedelta(days=3)
    assert queued.thread_subject == "Hello Lea"
    assert queued.references == [queued.last_message_id] == [queued.first_message_id]
    campaign, _ = running
    assert (campaign.sent_count, campaign.contacted_count) == (1, 1)


def test_the_same_announcement_twice_counts_once(running, queued):
    send(queued)
    send(queued)
    assert running[0].sent_count == 1


def test_the_last_step_completes_and_the_thread_is_carried_on(running, queued):
    send(queued)
    first = queued.last_message_id
    later = NOW + timedelta(days=3)
    plan_workspace(later, lambda _: 0.0)
    db.session.expire_all()
    assert row_of(queued).subject == "Re: Hello Lea"
    send(queued, at=later)
    assert (queued.state, queued.due_at) == ("completed", None)
    assert queued.references == [first, queued.last_message_id]
    assert queued.thread_subject == "Hello Lea"
    campaign, _ = running
    assert (campaign.sent_count, campaign.contacted_count, campaign.finished_count) == (2, 1, 1)


@pytest.mark.parametrize("act", ["replied", "unsubscribed", "bounced"])
def test_who_had_finished_and_then_reacts_is_through_once(running, queued, act):
    """The list adds these figures up to how many leads are through."""
    send(queued)
    queued.state, running[0].finished_count = "completed", 1
    db.session.flush()
    if act == "bounced":
        progress.bounced(queued.id, NOW, "550")
    else:
        getattr(reactions, act)(queued.id, NOW)
    db.session.expire_all()
    campaign = running[0]
    assert queued.state == act
    assert (campaign.finished_count, getattr(campaign, f"{act}_count")) == (0, 1)


def test_who_has_no_step_left_has_finished(running, queued):
    send(queued)
    campaign, _ = running
    delete_step(campaign, steps_of(campaign.id)[1])
    plan_workspace(NOW + timedelta(days=4), lambda _: 0.0)
    db.session.expire_all()
    assert (queued.state, campaign.finished_count) == ("completed", 1)


def test_the_server_s_own_message_id_is_what_people_answer_to(queued):
    send(queued, provider_message_id="theirs@server")
    assert queued.last_message_id == "theirs@server"


def test_days_are_those_of_the_campaign_s_zone(running, queued):
    send(queued, at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC))
    day = db.session.scalars(sa.select(CampaignDay)).one()
    assert (day.day, day.sent, day.contacted) == (date(2026, 11, 24), 1, 1)


def test_a_mail_that_left_although_its_lead_stopped_is_remembered(running, queued):
    row_of(queued).state = "sending"
    db.session.flush()
    publish(arrived(ReplyReceived, queued))
    send(queued)
    assert (queued.state, running[0].sent_count) == ("replied", 1)


def test_a_bad_address_bounces_and_is_never_written_to_again(running, queued):
    publish(MailFailed((note(queued, family="address", reason="550 no such user"),)))
    db.session.expire_all()
    assert (queued.state, queued.state_reason) == ("bounced", "550 no such user")
    assert suppressed_emails([email_of(queued)])
    campaign = running[0]
    assert (campaign.bounced_count, campaign.contacted_count, campaign.sent_count) == (1, 1, 0)


def test_a_report_that_is_faster_than_our_own_news_counts_its_lead_once(running, queued):
    publish(arrived(BounceReceived, queued, severity="hard", status="5.1.1"))
    send(queued)
    campaign = running[0]
    assert (campaign.bounced_count, campaign.contacted_count, campaign.sent_count) == (1, 1, 1)


@pytest.mark.parametrize("family", ["soft", "unknown", "content"])
def test_other_failures_are_shown_and_suppress_nobody(queued, family):
    publish(MailFailed((note(queued, family=family, reason="451 later"),)))
    db.session.expire_all()
    assert (queued.state, queued.state_reason) == ("failed", "451 later")
    assert not suppressed_emails([email_of(queued)])


def test_a_missing_variable_waits_under_to_check(queued):
    reason = "No value for first_name"
    publish(MailHeld((note(queued, family="missing_variable", reason=reason),)))
    db.session.expire_all()
    assert (queued.state, queued.state_reason) == ("held", reason)


def test_a_held_mail_that_is_sent_after_all_advances_its_lead(queued):
    publish(MailHeld((note(queued, reason="In doubt"),)))
    send(queued)
    assert (queued.state, queued.step_position) == ("waiting", 2)


@pytest.mark.parametrize(
    ("family", "state"), [("suppressed", "stopped"), ("expired", "waiting"), ("removed", "waiting")]
)
def test_mail_that_sending_dropped(queued, family, state):
    publish(MailCancelled((note(queued, family=family),)))
    db.session.expire_all()
    assert queued.state == state


def arrived(event, lead, **over):
    """An event of sync about a mail that answers this lead's."""
    values = {
        "message_id": 1,
        "thread_id": 1,
        "account_id": lead.account_id or 0,
        "kind": "human",
        "at": NOW,
        "from_email": "x@y.test",
        "outbox_id": 1,
        "campaign_id": lead.campaign_id,
        "campaign_lead_id": lead.id,
        "lead_id": lead.lead_id,
        "method": "references",
        "confidence": 1.0,
    }
    return event(**{**values, **over})


def test_a_reply_stops_and_cancels_what_is_queued(running, queued):
    publish(arrived(ReplyReceived, queued))
    db.session.expire_all()
    assert (queued.state, row_of(queued).state) == ("replied", "cancelled")
    assert running[0].replied_count == 1


def test_a_completed_lead_that_answers_has_replied_and_counts_once(running, queued):
    send(queued)
    queued.state = "completed"
    for _ in range(2):
        publish(arrived(ReplyReceived, queued))
    db.session.expire_all()
    assert queued.state == "replied"
    assert running[0].replied_count == 1


def test_out_of_office_pauses_until_the_day_after_the_return(queued):
    event = arrived(AutoReplyReceived, queued, kind="out_of_office", returns_on=date(2026, 12, 1))
    publish(event)
    db.session.expire_all()
    assert (queued.state, queued.resume_at) == ("paused", datetime(2026, 12, 2, tzinfo=UTC))
    assert row_of(queued).state == "cancelled"


@pytest.mark.parametrize(
    ("returns_on", "until"),
    [
        (None, NOW + timedelta(days=14)),
        (date(2026, 11, 1), NOW + timedelta(days=14)),
        (date(2029, 1, 1), NOW + timedelta(days=100)),
        (date(2026, 11, 24), datetime(2026, 11, 25, tzinfo=UTC)),
    ],
)
def test_how_long_a_lead_is_left_alone(returns_on, until):
    assert resume_at(NOW, returns_on) == until


@pytest.mark.parametrize(("switch", "state"), [(False, "queued"), (True, "stopped")])
def test_an_auto_reply_stops_only_where_the_campaign_says_so(running, queued, switch, state):
    running[0].stop_on_auto_reply = switch
    db.session.flush()
    publish(arrived(AutoReplyReceived, queued, kind="auto"))
    db.session.expire_all()
    assert queued.state == state
    assert (running[0].auto_replied_count, running[0].replied_count) == (1, 0)


def test_a_bounce_that_comes_back_later_stops_and_suppresses(running, queued):
    send(queued)
    email = email_of(queued)
    publish(arrived(BounceReceived, queued, email=email, severity="soft"))
    db.session.expire_all()
    assert queued.state == "waiting"
    publish(arrived(BounceReceived, queued, email=email, severity="hard", status="5.1.1"))
    db.session.expire_all()
    assert (queued.state, queued.state_reason) == ("bounced", "5.1.1")
    assert (running[0].bounced_count, running[0].contacted_count) == (1, 1)
    assert suppressed_emails([email])


def test_somebody_who_left_the_company_is_stopped(queued):
    publish(arrived(AutoReplyReceived, queued, kind="auto", left_company=True))
    db.session.expire_all()
    assert (queued.state, queued.state_reason) == ("stopped", "Has left the company")


def test_a_complaint_is_an_unsubscribe(running, queued):
    publish(arrived(ComplaintReceived, queued, email=email_of(queued)))
    db.session.expire_all()
    assert (queued.state, running[0].unsubscribed_count) == ("unsubscribed", 1)
    assert suppressed_emails([email_of(queued)])


def test_an_unsubscribe_ends_it(running, queued):
    event = UnsubscribeRequested(1, queued.campaign_id, queued.id, queued.lead_id, "x@y", NOW)
    publish(event)
    publish(event)
    db.session.expire_all()
    assert (queued.state, running[0].unsubscribed_count) == ("unsubscribed", 1)
    assert row_of(queued).state == "cancelled"


def test_suppression_stops_the_lead_in_every_campaign(running):
    campaign, account = running
    lead = make_lead("ann@stop.test")
    other = make_campaign(accounts=[account], steps=1)
    enrolled = [make_campaign_lead(c, lead, due_at=NOW) for c in (campaign, other)]
    same_domain = make_campaign_lead(campaign, make_lead("bob@stop.test"), due_at=NOW)
    suppress("ann@stop.test", reason="manual")
    db.session.expire_all()
    assert [e.state for e in enrolled] == ["stopped", "stopped"]
    assert same_domain.state == "waiting"
    suppress("stop.test", reason="manual")
    db.session.expire_all()
    assert same_domain.state == "stopped"


def hit(kind, lead, verdict: str):
    ids = (1, lead.campaign_id, lead.id, lead.lead_id)
    return kind(*ids, NOW, verdict) if kind is OpenRecorded else kind(*ids, 1, NOW, verdict)


def test_people_and_machines_are_counted_apart_and_once(running, queued):
    for event in (
        hit(OpenRecorded, queued, "bot"),
        hit(OpenRecorded, queued, "human"),
        hit(OpenRecorded, queued, "proxy"),
        hit(ClickRecorded, queued, "bot"),
        hit(ClickRecorded, queued, "human"),
        hit(ClickRecorded, queued, "human"),
    ):
        publish(event)
    campaign, _ = running
    db.session.expire_all()
    assert (campaign.opened_count, campaign.opened_machine_count) == (1, 1)
    assert (campaign.clicked_count, campaign.clicked_machine_count) == (1, 1)
    day = db.session.scalars(sa.select(CampaignDay)).one()
    assert (day.opened, day.opened_machine, day.clicked, day.clicked_machine) == (1, 1, 1, 1)


def test_a_click_by_a_person_is_an_opening_too(running, queued):
    publish(hit(ClickRecorded, queued, "human"))
    db.session.expire_all()
    assert running[0].opened_count == 1


def test_a_lost_account_lets_its_leads_wait_for_it(running, queued):
    publish(AccountPaused(running[1].id, "by hand"))
    db.session.expire_all()
    assert (queued.state, row_of(queued).state) == ("waiting", "cancelled")


def test_manual_mail_moves_nobody(queued):
    publish(MailSent((note(queued, kind="manual"),)))
    db.session.expire_all()
    assert queued.state == "queued"
