"""The demo: always somebody to write to, safe to seed again."""

import pytest
import sqlalchemy as sa

from app.campaigns.queries.campaigns import steps_of
from app.campaigns.services.running import delete_campaign, pause_campaign
from app.core.clock import frozen, utcnow
from app.core.db import db
from app.core.settings import settings
from app.core.tenancy import unscoped, workspace_context
from app.models import Campaign, CampaignLead, DemoRun, EmailAccount, Lead, User, Workspace
from app.sandbox import demo_copy, queries, services
from app.sandbox.jobs import trickle_leads
from app.sandbox.services.demo import (
    FIRST_LEADS,
    FRESH_LEADS,
    SLOW_TRICKLE,
    TRICKLE,
    TRICKLE_STEP,
)

pytestmark = pytest.mark.usefixtures("configured")


@pytest.fixture
def demo(in_acme):
    return services.run_demo("acme", user_id=in_acme.alice.id)


def campaign_of(demo):
    return db.session.get(Campaign, demo.campaign_id)


def count(model, *where):
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where))


def test_a_demo_is_a_running_campaign_of_three_mails(demo):
    campaign = campaign_of(demo)
    steps = steps_of(campaign.id)
    assert campaign.status == "active"
    assert [(step.delay_amount, step.delay_unit) for step in steps[1:]] == [
        (4, "minutes"),
        (7, "minutes"),
    ]
    assert steps[0].subject
    assert steps[1].subject == ""
    assert count(CampaignLead, CampaignLead.campaign_id == campaign.id) == FIRST_LEADS
    assert len(queries.sandbox_accounts()) == 2


def test_run_again_it_is_a_fresh_one_with_other_people(demo, in_acme):
    first = demo.campaign_id
    again = services.run_demo("acme", user_id=in_acme.alice.id)
    assert again.id == demo.id
    assert again.campaign_id != first
    assert db.session.get(Campaign, first).status == "paused"
    assert count(Lead) == 2 * FIRST_LEADS
    assert len(queries.sandbox_accounts()) == 2


def test_arming_a_running_demo_changes_nothing(demo, in_acme):
    services.arm_demo("acme", user_id=in_acme.alice.id)
    assert count(Campaign) == 1
    assert count(Lead) == FIRST_LEADS


def test_arming_brings_new_people_when_all_were_written_to(demo, in_acme):
    db.session.execute(sa.update(CampaignLead).values(state="completed"))
    demo.trickle_left = 0
    services.arm_demo("acme", user_id=in_acme.alice.id)
    assert queries.fresh_leads(demo.campaign_id) == FRESH_LEADS
    assert demo.trickle_left == TRICKLE


def test_arming_resumes_a_paused_demo(demo, in_acme):
    pause_campaign(campaign_of(demo))
    services.arm_demo("acme", user_id=in_acme.alice.id)
    assert campaign_of(demo).status == "active"


def test_arming_makes_a_new_one_when_the_campaign_was_deleted(demo, in_acme):
    first = campaign_of(demo)
    delete_campaign(first)
    services.arm_demo("acme", user_id=in_acme.alice.id)
    assert demo.campaign_id != first.id
    assert campaign_of(demo).status == "active"


def test_new_leads_trickle_in_quickly_then_now_and_then(demo, in_acme):
    demo.trickle_left = TRICKLE_STEP + 1
    db.session.commit()
    with workspace_context(None):
        for _minute in range(4):
            trickle_leads()
    assert count(CampaignLead) == FIRST_LEADS + TRICKLE_STEP + 1
    assert db.session.get(DemoRun, demo.id).trickle_left == 0
    with workspace_context(None), frozen(utcnow() + SLOW_TRICKLE):
        trickle_leads()
        trickle_leads()
    assert count(CampaignLead) == FIRST_LEADS + TRICKLE_STEP + 2


def test_no_leads_trickle_into_a_paused_demo(demo, in_acme):
    pause_campaign(campaign_of(demo))
    db.session.commit()
    with workspace_context(None):
        trickle_leads()
    assert count(CampaignLead) == FIRST_LEADS


def test_accounts_follow_when_the_sandbox_moves(demo, in_acme):
    mia, jonas = queries.sandbox_accounts()
    mia.status, jonas.status = "disconnected", "paused"
    settings.sandbox_smtp_port, settings.sandbox_imap_port = 7, 8
    db.session.commit()
    with unscoped("the ports of all workspaces"):
        assert queries.misplaced_accounts() == [(in_acme.acme.id, a.id) for a in (mia, jonas)]
    for account in queries.sandbox_accounts():
        services.follow_ports(account)
    assert (mia.smtp_port, mia.imap_port, mia.status) == (7, 8, "connected")
    assert (jonas.smtp_port, jonas.imap_port, jonas.status) == (7, 8, "paused")
    with unscoped("the ports of all workspaces"):
        assert queries.misplaced_accounts() == []


def seed(app, password="a-demo-password-that-lasts", command="seed"):
    return app.test_cli_runner().invoke(args=["demo", command, "--password", password])


def test_seeding_makes_everything_and_again_nothing(app, connected):
    first = seed(app)
    assert first.exit_code == 0, first.output
    assert demo_copy.USER_EMAIL in first.output
    assert "a-demo-password-that-lasts" in first.output
    user = db.session.scalar(sa.select(User))
    assert user.is_verified
    assert user.is_installation_admin
    workspace = db.session.scalar(sa.select(Workspace))
    mia, jonas = (f"{name}@{workspace.slug}.sandbox.test" for name in ("mia.lang", "jonas.brandt"))
    inboxes = {address: connected.mails(address) for address in (mia, jonas)}
    assert sum(map(len, inboxes.values())) == len(demo_copy.HISTORY)
    assert len(connected.mails(mia, "Sent")) > 2

    second = seed(app, "another-password-of-the-environment")
    assert second.exit_code == 0, second.output
    assert "another-password" not in second.output
    with unscoped("the test counts everything"):
        assert [count(model) for model in (User, Workspace, EmailAccount, Campaign)] == [1, 1, 2, 1]
    assert {address: len(connected.mails(address)) for address in (mia, jonas)} == {
        address: len(mails) for address, mails in inboxes.items()
    }


def test_the_past_holds_every_kind_of_answer(app, connected):
    seed(app)
    address = "jonas.brandt@parakeet-demo.sandbox.test"
    types = [mail.get_content_type() for mail in connected.mails(address)]
    assert "multipart/report" in types
    assert any(mail["Auto-Submitted"] == "auto-replied" for mail in connected.mails(address))
    with connected.imap(address) as client:
        client.select_folder("INBOX")
        assert client.search("UNSEEN")
        assert client.search("SEEN")


def test_credentials_are_printed_again(app, connected):
    assert seed(app, command="credentials").exit_code == 1
    seed(app)
    assert "a-demo-password-that-lasts" in seed(app, command="credentials").output


def test_seeding_without_a_sandbox_says_what_is_missing(app):
    settings.sandbox_key = ""
    answer = seed(app)
    assert answer.exit_code == 1
    assert "SANDBOX_KEY" in answer.output
