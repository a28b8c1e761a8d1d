"""The drain against a real SMTP server: what leaves, what is recorded, what every answer means."""

import email
import email.policy
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.core import events as bus
from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import Conflict
from app.core.settings import settings
from app.leads.services import suppress
from app.models import AccountDay, EmailAccount, Outbox, TrackedLink
from app.sending.drain import drain_account
from app.sending.events import MailCancelled, MailFailed, MailHeld, MailSent
from app.sending.jobs import reconcile
from app.sending.services import (
    OutgoingMail,
    cancel_queued,
    discard_held,
    queue_mails,
    queue_manual_mail,
    queue_test_mail,
    resend_held,
)
from tests.factories import make_lead
from tests.sending.conftest import drain, events, make_sender, row


@pytest.fixture
def heard():
    """What other rooms would hear of."""
    told = []
    kinds = (MailSent, MailFailed, MailHeld, MailCancelled)
    for kind in kinds:
        bus.subscribe(kind, told.append)
    yield told
    for kind in kinds:
        bus._handlers[kind].remove(told.append)


def queue(account, step=None, count=1, **over):
    mails = []
    for number in range(count):
        values = {"to_email": f"lead{number}@example.com", "variables": {"first_name": "Bo"}}
        if step is not None:
            values |= {"step_id": step.id, "campaign_id": step.campaign_id}
        mails.append(OutgoingMail(account_id=account.id, **(values | over)))
    ids = queue_mails(mails)
    db.session.commit()
    return ids


def manual(account, **over):
    values = {"to_email": "bo@example.com", "subject": "Hi", "body_html": "<p>Hi</p>"}
    made = queue_manual_mail(account_id=account.id, **(values | over))
    db.session.commit()
    return made


def day_of(account):
    return db.session.scalar(sa.select(AccountDay).where(AccountDay.account_id == account.id))


class TestSending:
    def test_a_campaign_mail_leaves_rendered_and_tracked(self, sink, account, step, heard):
        options = {"track_opens": True, "track_clicks": True, "unsubscribe": True}
        [mail_id] = queue(account, step, options=options, campaign_lead_id=5)
        assert drain(account).sent == 1
        sent = row(mail_id)
        [delivery] = sink.deliveries
        message = email.message_from_bytes(delivery.content, policy=email.policy.default)
        assert message["Subject"] == "Hi Bo" == sent.subject
        assert message["Message-ID"] == f"<{sent.message_id}>"
        assert message["List-Unsubscribe-Post"]
        assert "/t/c/" in message.get_body(("html",)).get_content()
        assert delivery.recipients == ["lead0@example.com"]
        assert sent.state == "sent"
        assert sent.sent_at is not None
        assert events(mail_id) == ["queued", "sent"]
        assert db.session.scalar(sa.select(TrackedLink.url)) == "https://acme.test/x"
        [told] = heard
        assert [(note.outbox_id, note.campaign_lead_id, note.subject) for note in told.mails] == [
            (mail_id, 5, "Hi Bo")
        ]

    def test_many_leave_on_one_connection_and_are_counted(self, sink, account, step):
        queue(account, step, count=12)
        assert drain(account).sent == 12
        assert len({delivery.connection for delivery in sink.deliveries}) == 1
        assert (day_of(account).campaign_claimed, day_of(account).campaign_sent) == (12, 12)

    def test_manual_mail_first(self, sink, account, step):
        queue(account, step)
        manual(account, to_email="first@example.com")
        drain(account)
        assert [d.recipients[0] for d in sink.deliveries] == [
            "first@example.com", "lead0@example.com",
        ]  # fmt: skip

    def test_an_edited_step_is_followed(self, sink, account, step):
        queue(account, step)
        step.subject, step.updated_at = "New {{ first_name }}", utcnow() + timedelta(seconds=1)
        db.session.commit()
        drain(account)
        assert b"Subject: New Bo" in sink.deliveries[0].content

    def test_running_twice_sends_once(self, sink, account, step):
        queue(account, step)
        drain(account)
        assert drain(account).sent == 0
        assert len(sink.deliveries) == 1

    def test_mail_of_the_future_waits(self, sink, account, step):
        queue(account, step, send_at=utcnow() + timedelta(minutes=5))
        assert drain(account).sent == 0

    def test_test_mail(self, sink, account):
        queue_test_mail(
            account_id=account.id, to_email="me@acme.test", subject="T", body_html="<p>x</p>"
        )
        db.session.commit()
        assert drain(account).sent == 1

    def test_lease_is_given_back(self, sink, account):
        manual(account)
        drain(account)
        manual(account)
        assert drain(account).sent == 1

    def test_a_held_lease_keeps_others_out(self, sink, account):
        manual(account)
        account.lease_until = datetime.now(UTC) + timedelta(minutes=1)
        db.session.commit()
        assert drain(account).sent == 0


class TestIntent:
    def test_same_intent_is_queued_once(self, sink, account, step):
        first = queue(account, step, intent="cl:1:1")
        assert queue(account, step, intent="cl:1:1") == first
        drain(account)
        assert queue(account, step, intent="cl:1:1") == first
        drain(account)
        assert len(sink.deliveries) == 1

    def test_a_cancelled_one_is_taken_up_again(self, sink, account, step):
        first = queue(account, step, intent="cl:1:1", campaign_lead_id=1)
        assert cancel_queued(campaign_lead_ids=[1], reason="paused") == [1]
        db.session.commit()
        assert queue(account, step, intent="cl:1:1", campaign_lead_id=1) == first
        drain(account)
        assert len(sink.deliveries) == 1


class TestStops:
    def test_cancelled_before_the_claim_never_leaves(self, sink, account, step):
        [mail_id] = queue(account, step, campaign_lead_id=9)
        cancel_queued(campaign_lead_ids=[9], reason="replied")
        db.session.commit()
        assert drain(account).sent == 0
        assert events(mail_id) == ["queued", "cancelled"]

    def test_whole_campaign(self, sink, account, step):
        queue(account, step, count=3, campaign_lead_id=9)
        assert cancel_queued(campaign_id=step.campaign_id, reason="paused") == [9, 9, 9]

    @pytest.mark.parametrize("value", ["lead0@example.com", "example.com"])
    def test_suppressed_meanwhile(self, sink, account, step, heard, value):
        [mail_id] = queue(account, step)
        suppress(value, reason="manual")
        db.session.commit()
        assert drain(account).sent == 0
        assert row(mail_id).state == "cancelled"
        assert row(mail_id).error_family == "suppressed"
        assert sink.deliveries == []

    def test_suppressed_in_the_claim_itself(self, sink, account, step, heard):
        db.session.add_all([_suppression("lead0@example.com")])
        db.session.commit()
        [mail_id, _] = queue(account, step, count=2)
        assert drain(account).sent == 1
        assert row(mail_id).error_family == "suppressed"
        assert {type(event) for event in heard} == {MailCancelled, MailSent}

    def test_manual_mail_to_a_suppressed_address_is_a_persons_decision(self, sink, account):
        suppress("bo@example.com", reason="unsubscribed")
        manual(account)
        assert drain(account).sent == 1

    def test_too_late(self, sink, account, step):
        [mail_id] = queue(account, step, expires_at=utcnow() - timedelta(seconds=1))
        assert drain(account).sent == 0
        assert row(mail_id).error_family == "expired"


def _suppression(value):
    from app.models import Suppression

    return Suppression(kind="email", value=value, reason="manual")


class TestLimits:
    def test_daily_limit(self, sink, account, step):
        account.daily_limit = 3
        queue(account, step, count=5)
        assert drain(account).sent == 3
        assert drain(account).sent == 0

    def test_manual_mail_passes_the_limit_and_counts(self, sink, account, step):
        account.daily_limit = 1
        queue(account, step, count=2)
        drain(account)
        manual(account)
        assert drain(account).sent == 1
        assert (day_of(account).campaign_sent, day_of(account).manual_sent) == (1, 1)

    def test_manual_mail_behind_a_blocked_campaign_mail(self, sink, account, step):
        account.daily_limit = 0
        queue(account, step, priority=1)
        manual(account)
        assert drain(account).sent == 1

    def test_ramp(self, sink, account, step, freeze):
        account.ramp_enabled, account.ramp_start, account.ramp_step = True, 2, 1
        account.connected_at = datetime(2026, 11, 20, 12, tzinfo=UTC)
        with freeze(datetime(2026, 11, 23, 12, tzinfo=UTC)):
            queue(account, step, count=9)
            assert drain(account).sent == 5

    def test_gap(self, sink, account, step, freeze):
        account.gap_seconds = 60
        now = datetime(2026, 11, 23, 12, tzinfo=UTC)
        with freeze(now):
            queue(account, step, count=3)
            assert drain(account).sent == 1
            assert drain(account).sent == 0
            manual(account)
            assert drain(account).sent == 1
        with freeze(now + timedelta(seconds=61)):
            assert drain(account).sent == 1

    def test_a_paused_account_sends_manual_mail_only(self, sink, account, step):
        account.status = "paused"
        queue(account, step)
        manual(account)
        assert drain(account).sent == 1

    @pytest.mark.parametrize("status", ["reconnect_required", "removed"])
    def test_other_states_send_nothing(self, sink, account, status):
        account.status = status
        manual(account)
        assert drain(account).sent == 0

    def test_what_was_queued_while_its_account_was_removed_is_dropped(
        self, account, step, heard, run_jobs
    ):
        """Planned in one transaction, removed in another: neither saw the other."""
        [mail_id] = queue(account, step)
        account.status, account.removed_at = "removed", utcnow()
        db.session.commit()
        reconcile()
        run_jobs()
        assert row(mail_id).state == "cancelled"
        [told] = heard
        assert isinstance(told, MailCancelled)
        assert told.mails[0].family == "removed"
        reconcile()
        run_jobs()
        assert heard == [told]


class TestAnswers:
    @pytest.mark.parametrize("phase", ["rcpt", "dot"])
    def test_bad_address_bounces(self, sink, account, step, heard, phase):
        sink.script, sink.once = {phase: "550 5.1.1 No such user"}, True
        ids = queue(account, step, count=2)
        assert drain(account).sent == 1
        assert row(ids[0]).state == "failed"
        assert row(ids[0]).error_family == "address"
        assert row(ids[0]).error_text == "No such user"
        assert {type(event) for event in heard} == {MailFailed, MailSent}

    @pytest.mark.parametrize("phase", ["rcpt", "dot"])
    def test_soft_refusal_waits_and_goes_later(self, sink, account, step, freeze, phase):
        sink.script, sink.once = {phase: "451 4.2.2 Mailbox full"}, True
        now = utcnow()
        with freeze(now):
            [mail_id] = queue(account, step)
            assert drain(account).sent == 0
        later = row(mail_id)
        assert later.state == "queued"
        assert later.send_at > now + timedelta(seconds=30)
        assert day_of(account).campaign_claimed == 0
        with freeze(later.send_at):
            assert drain(account).sent == 1
        assert row(mail_id).attempts == 2
        assert events(mail_id) == ["queued", "deferred", "sent"]

    def test_soft_refusals_end_somewhere(self, sink, account, step, freeze):
        sink.script = {"rcpt": "451 4.2.2 Mailbox full"}
        [mail_id] = queue(account, step)
        for _ in range(8):
            with freeze(row(mail_id).send_at):
                drain(account)
        assert row(mail_id).state == "failed"
        assert row(mail_id).error_family == "soft"

    def test_block_pauses_the_account_and_blames_nobody(self, sink, account, step):
        sink.script = {"rcpt": "550 5.7.1 Message blocked, poor reputation"}
        ids = queue(account, step, count=2)
        assert drain(account).sent == 0
        assert [row(mail_id).state for mail_id in ids] == ["queued", "queued"]
        assert _fresh(account).status == "paused"

    def test_quota_waits_without_pausing(self, sink, account, step):
        sink.script = {"mail": "550 5.4.5 Daily user sending limit exceeded"}
        [mail_id] = queue(account, step)
        drain(account)
        assert row(mail_id).state == "queued"
        assert _fresh(account).retry_at > utcnow() + timedelta(hours=20)
        assert _fresh(account).status == "connected"

    def test_wrong_password_asks_for_reconnection(self, sink, account, step):
        sink.users = {}
        [mail_id] = queue(account, step)
        drain(account)
        assert row(mail_id).state == "queued"
        assert _fresh(account).status == "reconnect_required"

    def test_unclear_refusal_is_held(self, sink, account, step, heard):
        sink.script = {"dot": "554 Transaction failed, mystery"}
        [mail_id] = queue(account, step)
        drain(account)
        assert row(mail_id).state == "held"
        assert isinstance(heard[0], MailHeld)

    def test_dead_server_backs_off_the_account_only(self, sink, in_acme, step):
        dead = make_sender(sink, email="dead@acme.test", smtp_port=1)
        settings.egress_allow.append("127.0.0.1:1")
        [mail_id] = queue(dead, step)
        drain(dead)
        assert row(mail_id).state == "queued"
        assert _fresh(dead).retry_at > utcnow()
        assert drain(dead).sent == 0

    def test_connection_lost_before_the_dot_is_safe(self, sink, account, step, freeze):
        sink.script, sink.once = {"data": "drop"}, True
        [mail_id] = queue(account, step)
        drain(account)
        assert row(mail_id).state == "queued"
        with freeze(utcnow() + timedelta(hours=1)):
            assert drain(account).sent == 1
        assert len(sink.deliveries) == 1

    @pytest.mark.parametrize("act", ["drop", "drop unstored"])
    def test_no_answer_to_the_dot_is_doubt(self, sink, account, step, act):
        sink.script, sink.once = {"dot": act}, True
        ids = queue(account, step, count=2)
        assert drain(account).sent == 0
        assert [row(mail_id).state for mail_id in ids] == ["uncertain", "queued"]
        assert row(ids[0]).next_check_at > utcnow()
        assert _fresh(account).retry_at > utcnow()
        assert drain(account).sent == 0


class TestContent:
    def test_missing_variable_holds_the_mail(self, sink, account, step, heard):
        ids = queue(account, step, count=2, variables={"first_name": ""})
        assert drain(account).sent == 0
        assert [row(mail_id).state for mail_id in ids] == ["held", "held"]
        assert row(ids[0]).error_family == "missing_variable"
        assert row(ids[0]).error_text == "No value for first_name"
        assert sink.deliveries == []

    def test_mended_and_planned_again(self, sink, account, step):
        queue(account, step, intent="cl:1:1", variables={})
        drain(account)
        queue(account, step, intent="cl:1:1", variables={"first_name": "Bo"})
        assert drain(account).sent == 1

    def test_a_text_that_comes_out_empty_holds_the_mail(self, sink, account, step, heard):
        step.body_html = "{% if industry %}<p>For {{ industry }}</p>{% endif %}"
        db.session.commit()
        [mail_id] = queue(account, step)
        drain(account)
        assert row(mail_id).state == "held"
        assert row(mail_id).error_text == "The text comes out empty"
        assert not sink.deliveries

    def test_impossible_address_is_held(self, sink, account):
        mail_id = manual(account, to_email="nobody")
        drain(account)
        assert row(mail_id).state == "held"

    def test_deleted_step_is_held(self, sink, account, step):
        [mail_id] = queue(account, step)
        db.session.delete(step)
        db.session.commit()
        drain(account)
        assert row(mail_id).error_family == "content"


class TestHeld:
    def test_resend(self, sink, account, step):
        sink.script, sink.once = {"dot": "554 mystery"}, True
        [mail_id] = queue(account, step)
        drain(account)
        before = row(mail_id).message_id
        resend_held(mail_id)
        db.session.commit()
        assert drain(account).sent == 1
        assert row(mail_id).message_id == before
        with pytest.raises(Conflict):
            resend_held(mail_id)

    def test_resend_takes_what_is_known_of_the_lead_by_now(self, sink, account, step):
        lead = make_lead("lea@people.test", first_name="")
        [mail_id] = queue(account, step, lead_id=lead.id, variables={"first_name": ""})
        drain(account)
        assert row(mail_id).error_family == "missing_variable"
        lead.first_name = "Lea"
        resend_held(mail_id)
        db.session.commit()
        assert drain(account).sent == 1
        assert row(mail_id).subject == "Hi Lea"

    def test_discard(self, sink, account, step):
        sink.script = {"dot": "554 mystery"}
        [mail_id] = queue(account, step)
        drain(account)
        discard_held(mail_id)
        db.session.commit()
        assert row(mail_id).state == "failed"
        with pytest.raises(Conflict):
            discard_held(mail_id)


class TestNews:
    def test_a_failing_handler_does_not_stop_the_mail_and_is_told_again(
        self, sink, account, step, heard
    ):
        def fails(event):
            raise RuntimeError("a bug upstairs")

        bus._handlers[MailSent].insert(0, fails)
        try:
            [mail_id] = queue(account, step)
            assert drain(account).sent == 1
        finally:
            bus._handlers[MailSent].remove(fails)
        assert row(mail_id).announce_due
        assert heard == []
        drain_account(account.id)
        from app.sending.news import announce

        assert announce(account.id) == 1
        assert len(heard) == 1
        assert announce(account.id) == 0


def _fresh(account):
    db.session.expire_all()
    return db.session.scalar(sa.select(EmailAccount).where(EmailAccount.id == account.id))


def test_every_row_has_a_message_id_of_its_own(account, step):
    queue(account, step, count=600)
    ids = set(db.session.scalars(sa.select(Outbox.message_id)))
    assert len(ids) == 600
