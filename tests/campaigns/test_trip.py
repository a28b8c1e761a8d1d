"""The whole way of a campaign over a real SMTP server: launched, sent, followed up, stopped."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa

from app.campaigns.services.running import launch_campaign
from app.core.clock import utcnow
from app.core.db import db
from app.core.settings import settings
from app.leads.services import suppress
from app.models import Campaign, CampaignLead
from tests.factories import make_account, make_campaign, make_campaign_lead, make_lead
from tests.servers.smtp import smtp_sink


@pytest.fixture
def sink(app):
    """A server that accepts everything, reachable through the egress guard."""
    with smtp_sink(users={"sam@acme.test": "secret"}) as server:
        settings.egress_allow = [f"127.0.0.1:{server.port}"]
        yield server
    settings.egress_allow = []


@pytest.fixture
def campaign(sink, in_acme):
    """A draft of two steps with three leads, one of whom has no first name."""
    account = make_account("sam@acme.test", smtp_port=sink.port, sent_copy="provider")
    made = make_campaign(accounts=[account], steps=2)
    for name in ("Ann", "Bob", ""):
        make_campaign_lead(
            made, make_lead(f"{name or 'nobody'}@people.test".lower(), first_name=name)
        )
    made.leads_count = 3
    db.session.commit()
    return made


def mails(sink) -> dict[str, list]:
    """What arrived, by recipient."""
    found: dict[str, list] = {}
    for delivery in sink.deliveries:
        mail = message_from_bytes(delivery.content, policy=policy.default)
        found.setdefault(delivery.recipients[0], []).append(mail)
    return found


def states(campaign_id: int) -> set[tuple[str, int]]:
    statement = sa.select(CampaignLead.state, CampaignLead.step_position)
    rows = db.session.execute(statement.where(CampaignLead.campaign_id == campaign_id))
    return {tuple(row) for row in rows}


def test_a_campaign_goes_out_and_follows_up_in_its_thread(campaign, sink, run_jobs, freeze):
    campaign_id = campaign.id
    launch_campaign(campaign)
    run_jobs()
    first = mails(sink)
    assert sorted(first) == ["ann@people.test", "bob@people.test", "nobody@people.test"]
    assert first["ann@people.test"][0]["Subject"] == "Hello Ann"
    assert first["nobody@people.test"][0]["Subject"] == "Hello there"
    assert "List-Unsubscribe" in first["ann@people.test"][0]
    assert states(campaign_id) == {("waiting", 2)}

    suppress("bob@people.test", reason="manual")
    with freeze(utcnow() + timedelta(days=3, minutes=1)):
        from app.campaigns.jobs import tick

        db.session.commit()
        tick()
        run_jobs()
    second = mails(sink)
    assert len(second["bob@people.test"]) == 1
    opener, follow_up = second["ann@people.test"]
    assert follow_up["Subject"] == "Re: Hello Ann"
    assert follow_up["In-Reply-To"] == opener["Message-ID"]
    assert opener["Message-ID"] in follow_up["References"]
    assert states(campaign_id) == {("completed", 3), ("stopped", 2)}
    made = db.session.get_one(Campaign, campaign_id)
    assert (made.sent_count, made.contacted_count, made.finished_count) == (5, 3, 2)


def test_a_value_that_is_missing_is_never_sent_as_a_blank(campaign, sink, run_jobs):
    campaign_id = campaign.id
    db.session.execute(sa.text("UPDATE step SET subject = 'For {{ first_name }}'"))
    launch_campaign(campaign)
    run_jobs()
    assert sorted(mails(sink)) == ["ann@people.test", "bob@people.test"]
    held = db.session.scalars(sa.select(CampaignLead).where(CampaignLead.state == "held")).one()
    assert "first_name" in held.state_reason
    assert states(campaign_id) == {("waiting", 2), ("held", 1)}


def test_a_bad_address_bounces_only_its_own_lead(campaign, sink, run_jobs):
    sink.script, sink.once = {"rcpt": "550 5.1.1 No such user"}, True
    campaign_id = campaign.id
    launch_campaign(campaign)
    run_jobs()
    assert len(sink.deliveries) == 2
    assert sorted(states(campaign_id)) == [("bounced", 1), ("waiting", 2)]
    assert db.session.get_one(Campaign, campaign_id).bounced_count == 1
