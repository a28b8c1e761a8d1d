"""What odd input, bad luck and bad will do to campaigns: nobody else suffers, nobody is stuck."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from app.accounts.services import remove_account
from app.campaigns.jobs import tick
from app.campaigns.queries.campaigns import get_campaign, steps_of
from app.campaigns.schemas import ScheduleInput
from app.campaigns.services import enrolment
from app.campaigns.services.planning import plan_workspace
from app.campaigns.services.running import delete_campaign, pause_campaign
from app.core.clock import utcnow
from app.core.db import db
from app.core.events import publish
from app.core.tenancy import workspace_context
from app.leads.events import ImportCommitted
from app.leads.queries import suppressed_emails
from app.models import CampaignLead, EmailAccount, Lead, Outbox
from app.sending.jobs import ring_due
from app.sending.news import announce
from app.sending.services import resend_held
from app.sync.events import BounceReceived, ComplaintReceived
from tests.factories import (
    make_account,
    make_campaign,
    make_campaign_lead,
    make_lead,
    make_outbox,
)

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def queued(in_acme):
    """A lead of an active campaign whose first mail is in the outbox."""
    account = make_account()
    campaign = make_campaign(accounts=[account], steps=2, status="active")
    lead = make_campaign_lead(campaign, due_at=NOW)
    plan_workspace(NOW, lambda _: 0.0)
    db.session.expire_all()
    return lead


def row_of(lead) -> Outbox:
    return db.session.scalars(sa.select(Outbox).where(Outbox.campaign_lead_id == lead.id)).one()


def arrived(lead, **over):
    values = {
        "message_id": 1,
        "thread_id": 1,
        "account_id": 1,
        "kind": "bounce",
        "at": utcnow(),
        "from_email": "mailer-daemon@elsewhere.test",
        "outbox_id": 1,
        "campaign_id": lead.campaign_id,
        "campaign_lead_id": lead.id,
        "lead_id": lead.lead_id,
        "method": "references",
        "confidence": 1.0,
    }
    return {**values, **over}


class TestOtherWorkspaces:
    def test_a_campaign_that_cannot_be_planned_stops_nobody_else(self, cast):
        ids = {}
        for name, workspace_id in (("acme", cast.acme.id), ("other", cast.other.id)):
            with workspace_context(workspace_id):
                account = make_account(f"sender@{name}.test")
                campaign = make_campaign(accounts=[account], steps=1, status="active")
                if name == "acme":
                    campaign.start_at = datetime(9999, 12, 31, tzinfo=UTC)
                ids[name] = make_campaign_lead(campaign, due_at=utcnow()).id
                db.session.commit()
        assert cast.acme.id < cast.other.id
        with workspace_context(None):
            tick()
        with workspace_context(cast.other.id):
            assert db.session.get_one(CampaignLead, ids["other"]).state == "queued"

    @pytest.mark.parametrize(
        "days",
        [
            {"starts_on": date(9999, 12, 31)},
            {"ends_on": date(9999, 12, 31)},
            {"starts_on": date(1, 1, 1)},
        ],
    )
    def test_days_beyond_reason_are_refused(self, days):
        with pytest.raises(ValidationError):
            ScheduleInput(always_open=True, **days)


class TestNobodyIsStuck:
    def test_a_failed_lead_that_is_resumed_is_sent(self, queued):
        row, campaign_id = row_of(queued), queued.campaign_id
        row.state, row.error_family = "failed", "soft"
        queued.state = "failed"
        db.session.flush()
        enrolment.resume_leads(_campaign(campaign_id), [queued.id])
        plan_workspace(NOW, lambda _: 0.0)
        db.session.expire_all()
        assert (queued.state, row_of(queued).state) == ("queued", "queued")

    @pytest.mark.parametrize(
        ("state", "family"), [("held", "no_evidence"), ("failed", "discarded")]
    )
    def test_a_mail_that_may_have_left_waits_for_a_person(self, queued, state, family):
        row, campaign_id = row_of(queued), queued.campaign_id
        row.state, row.error_family = state, family
        queued.state = "held"
        db.session.flush()
        enrolment.resume_leads(_campaign(campaign_id), [queued.id])
        plan_workspace(NOW, lambda _: 0.0)
        db.session.expire_all()
        assert row_of(queued).state == state
        assert queued.state == "held"
        assert "Outbox" in queued.state_reason

    def test_a_step_that_was_sent_already_is_passed_over(self, queued):
        row = row_of(queued)
        row.state, queued.state, queued.due_at = "sent", "waiting", NOW
        db.session.flush()
        plan_workspace(NOW, lambda _: 0.0)
        db.session.expire_all()
        assert (queued.state, queued.step_position) == ("waiting", 2)
        assert row_of(queued).state == "sent"

    def test_a_failed_mail_that_is_sent_again_moves_its_lead(self, queued):
        row = row_of(queued)
        row.state, row.error_family, queued.state = "failed", "soft", "failed"
        db.session.flush()
        resend_held(row.id)
        row.state, row.sent_at, row.announce_due = "sent", NOW, True
        db.session.commit()
        announce(row.account_id)
        db.session.expire_all()
        assert (queued.state, queued.step_position) == ("waiting", 2)

    def test_an_import_of_a_deleted_campaign_comes_to_its_end(self, in_acme):
        campaign = make_campaign(accounts=[make_account()], steps=1)
        delete_campaign(campaign)
        lead = make_lead()
        enrolment.enrol_leads(campaign, [lead.id])
        publish(ImportCommitted(1, campaign.id))

    def test_leads_of_a_removed_account_wait_for_it(self, queued, run_jobs):
        account_id = row_of(queued).account_id
        remove_account(db.session.get_one(EmailAccount, account_id))
        db.session.commit()
        with workspace_context(None):
            ring_due()
        run_jobs("sending.announce")
        db.session.expire_all()
        assert row_of(queued).state == "cancelled"
        assert db.session.get_one(CampaignLead, queued.id).state == "waiting"


def _campaign(campaign_id):
    return get_campaign(campaign_id)


class TestForgedReports:
    def test_a_report_about_somebody_else_does_not_blacklist_them(self, queued):
        victim = "ceo@customer.test"
        publish(BounceReceived(**arrived(queued), email=victim, severity="hard"))
        own = db.session.get_one(Lead, queued.lead_id).email
        assert suppressed_emails([victim, own]) == {own}

    def test_nor_does_a_complaint(self, queued):
        victim = "ceo@customer.test"
        publish(ComplaintReceived(**arrived(queued, kind="complaint"), email=victim))
        own = db.session.get_one(Lead, queued.lead_id).email
        assert suppressed_emails([victim, own]) == {own}


class TestMailOnItsWay:
    @pytest.mark.parametrize("state", ["sending", "uncertain"])
    def test_a_stop_is_obeyed_by_mail_that_comes_back_into_the_queue(self, queued, state):
        row = row_of(queued)
        row.state, row.lease_until = state, utcnow() + timedelta(minutes=5)
        db.session.flush()
        pause_campaign(_campaign(queued.campaign_id))
        db.session.expire_all()
        assert row_of(queued).state == state
        assert row_of(queued).expires_at < utcnow()

    def test_a_lead_whose_mail_is_on_its_way_is_not_forgotten(self, queued):
        row = row_of(queued)
        row.state = "sending"
        db.session.flush()
        enrolment.remove_leads(_campaign(queued.campaign_id), [queued.id])
        db.session.expire_all()
        assert db.session.get_one(CampaignLead, queued.id).state == "stopped"


def test_an_order_with_doubled_steps_is_refused(page, in_acme):
    campaign = make_campaign(accounts=[make_account()], steps=2)
    ids = [step.id for step in steps_of(campaign.id)]
    db.session.commit()
    alice = page.as_(in_acme.alice)
    url = f"/w/acme/campaigns/{campaign.id}/steps/order"
    alice.post(url, {"step": [*ids, ids[0]]}, 422)
    alice.post(url, {"step": [*ids, "²"]}, 303)


def test_odd_ids_in_bulk_actions_are_left_out(page, in_acme):
    campaign = make_campaign(accounts=[make_account()], steps=1)
    db.session.commit()
    alice = page.as_(in_acme.alice)
    alice.post(f"/w/acme/campaigns/{campaign.id}/leads/pause", {"ids": ["²", "9" * 5000]}, 303)


def test_a_resent_mail_is_not_too_late(in_acme):
    row = make_outbox(make_account(), state="held", expires_at=utcnow() - timedelta(hours=1))
    resend_held(row.id)
    db.session.expire_all()
    assert (row.state, row.expires_at) == ("queued", None)


class TestUnverifiedPeople:
    """Launching from real accounts needs a verified address; no way around it."""

    @pytest.fixture
    def bob(self, page, in_acme):
        in_acme.alice.email_verified_at = None
        db.session.commit()
        return page.as_(in_acme.alice)

    def test_no_real_account_joins_a_running_campaign(self, bob):
        sandbox, real = make_account(is_sandbox=True), make_account(is_sandbox=False)
        campaign = make_campaign(accounts=[sandbox], steps=1, status="active")
        db.session.commit()
        url = f"/w/acme/campaigns/{campaign.id}/settings"
        bob.post(url, {"name": "x", "account_ids": [sandbox.id]}, 303)
        bob.post(url, {"name": "x", "account_ids": [sandbox.id, real.id]}, 403)

    def test_a_paused_campaign_with_one_is_not_resumed(self, bob):
        campaign = make_campaign(
            accounts=[make_account(is_sandbox=False)], steps=1, status="paused"
        )
        db.session.commit()
        bob.post(f"/w/acme/campaigns/{campaign.id}/resume", status=403)
