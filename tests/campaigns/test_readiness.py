"""A step that is not finished never leaves: at launch, while a campaign is edited, in the planner."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.campaigns.policies.readiness import unready
from app.campaigns.queries.campaigns import steps_of
from app.campaigns.queries.people import find_person, list_people
from app.campaigns.schemas import StepInput, TextInput
from app.campaigns.services import sequence
from app.campaigns.services.explain import explain_campaign, explain_lead
from app.campaigns.services.planning import plan_workspace
from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import Invalid
from app.core.tenancy import workspace_context
from app.models import Outbox
from tests.factories import make_account, make_campaign, make_campaign_lead, make_lead, make_step

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a minute before is the same day


@pytest.mark.parametrize(
    ("position", "subject", "body", "field"),
    [
        (1, "Hi", "<div>Hello</div>", None),
        (2, "", "<div>Hello</div>", None),
        (2, "", "<div>{% if city %}{{ city }}{% endif %}</div>", None),
        (1, " ", "<div>Hello</div>", "subject"),
        (1, "Hi", "", "body_html"),
        (1, "Hi", "<div><br>&nbsp;</div>", "body_html"),
        (2, "", '<img src="https://example.com/a.png">', "body_html"),
        (2, "", "<div>{{ first_name</div>", "body_html"),
        (1, "{% if %}", "<div>Hello</div>", "body_html"),
    ],
)
def test_what_a_step_needs(position, subject, body, field):
    lacks = unready(position, subject, body)
    assert (lacks.field if lacks else None) == field


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Hi", "<div>{% if title == 'CEO' %}Hello{% endif %}</div>"),
        ("{% if title == 'CEO' %}Hi{% endif %}", "<div>Hello</div>"),
    ],
)
def test_a_launch_is_refused_when_somebody_would_get_an_empty_mail(page, cast, subject, body):
    with workspace_context(cast.acme.id):
        campaign = make_campaign(accounts=[make_account(is_sandbox=True)])
        make_step(campaign, subject=subject, body_html=body)
        make_campaign_lead(campaign, make_lead("boss@people.test", title="CEO"))
        make_campaign_lead(campaign, make_lead("ann@people.test", title="Buyer"))
        where = f"/w/acme/campaigns/{campaign.id}/launch"
        db.session.commit()
    answer = page.as_(cast.alice).post(where, status=422)
    assert "Step 1 comes out empty for ann@people.test" in answer.text


@pytest.fixture
def running(in_acme):
    """An active campaign of two steps: a lead due for the second, one for the first."""
    account = make_account()
    campaign = make_campaign(accounts=[account], steps=2, status="active", leads_count=2)
    old = make_campaign_lead(
        campaign,
        step_position=2,
        account_id=account.id,
        first_sent_at=utcnow(),
        due_at=utcnow() - timedelta(days=1),
    )
    new = make_campaign_lead(campaign, make_lead("new@people.test"))
    return campaign, old, new


def tick() -> None:
    plan_workspace(utcnow(), lambda _: 0.0)
    db.session.expire_all()


def empty(step) -> None:
    sequence.update_text(step, TextInput())


def test_a_step_without_text_is_waited_for_and_holds_up_nobody_else(running):
    campaign, old, new = running
    second = steps_of(campaign.id)[1]
    empty(second)
    tick()
    assert (old.state, new.state) == ("waiting", "queued")
    assert "not written yet" in explain_lead(find_person(old.id), campaign, utcnow())
    sequence.update_text(second, TextInput(body_html="<div>Well?</div>"))
    tick()
    assert old.state == "queued"


def test_a_first_mail_without_subject_is_waited_for_too(running):
    campaign, old, new = running
    first = steps_of(campaign.id)[0]
    sequence.update_text(first, TextInput(body_html=first.body_html))
    tick()
    assert (old.state, new.state) == ("queued", "waiting")


def test_the_campaign_says_what_it_waits_for(running):
    campaign, *_ = running
    for step in steps_of(campaign.id):
        empty(step)
    tick()
    assert "until the next step has its text" in explain_campaign(campaign, utcnow()).sentence
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Outbox)) == 0


def test_the_campaign_says_that_only_paused_leads_are_left(running):
    campaign, *people = running
    for lead in people:
        lead.state = "paused"
    db.session.flush()
    assert "are paused" in explain_campaign(campaign, utcnow()).sentence


def test_a_step_added_while_running_waits_for_its_text(running):
    campaign, old, _ = running
    sequence.add_step(campaign)
    old.step_position = 3
    db.session.flush()
    tick()
    assert old.state == "waiting"


def test_a_program_cannot_empty_a_running_sequence(running):
    campaign, *_ = running
    with pytest.raises(Invalid) as refused:
        sequence.replace_steps(campaign, [StepInput(subject="A", body_html="a"), StepInput()])
    assert refused.value.errors == {"body_html": ["Step 2 has no text."]}


class TestTheBuilder:
    """Pages of a running campaign."""

    def url(self, campaign, rest: str = "") -> str:
        return f"/w/acme/campaigns/{campaign.id}{rest}"

    def test_texts_are_saved_by_a_button_only(self, page, cast, running):
        campaign, *_ = running
        alice = page.as_(cast.alice)
        form = alice.get(self.url(campaign, "/sequence")).find("form[id^=step-form-]")
        assert form["hx-trigger"] == "submit"
        assert "Save step" in [button.get_text(strip=True) for button in form.select("button")]
        assert not form.find("noscript")
        campaign.status = "paused"
        form = alice.get(self.url(campaign, "/sequence")).find("form[id^=step-form-]")
        assert "input" in form["hx-trigger"]

    def test_a_page_from_before_the_launch_changes_nothing(self, page, cast, running):
        campaign, *_ = running
        step = steps_of(campaign.id)[0]
        half = {"subject": "Hel", "body_html": "<div>I would li"}
        answer = page.as_(cast.alice).hx_post(self.url(campaign, f"/steps/{step.id}"), half, 422)
        assert "is running now" in answer.text
        db.session.refresh(step)
        assert step.subject.startswith("Hello")

    def test_a_text_that_cannot_be_sent_is_refused(self, page, cast, running):
        campaign, *_ = running
        step = steps_of(campaign.id)[1]
        alice, where = page.as_(cast.alice), self.url(campaign, f"/steps/{step.id}")
        empty = {"running": "1", "body_html": "<div> </div>"}
        assert "Step 2 has no text" in alice.hx_post(where, empty, 422).text
        assert "Step 2 has no text" in alice.post(where, empty, 422).text
        broken = {"running": "1", "body_html": "<div>{{ first_name</div>"}
        assert "cannot be filled in" in alice.hx_post(where, broken, 422).text
        db.session.refresh(step)
        assert "Mail 2" in step.body_html
        alice.hx_post(where, {"running": "1", "body_html": "<div>Better</div>"})
        db.session.refresh(step)
        assert "Better" in step.body_html


def test_a_lead_in_line_says_when_its_mail_leaves(running):
    campaign, old, new = running
    old.due_at = new.due_at = NOON
    plan_workspace(NOON, lambda _: 0.0)
    db.session.expire_all()
    person = list_people(campaign.id, state="queued").items[0]
    row = db.session.scalars(
        sa.select(Outbox).where(Outbox.campaign_lead_id == person.entry.id)
    ).one()
    now = row.send_at
    assert explain_lead(person, campaign, now) == "About to leave."
    assert explain_lead(person, campaign, now - timedelta(minutes=1)).startswith("Leaves today at")
