"""The demo of a workspace: a running campaign that always has somebody new to write to.

Only this module knows that it is a demo. The campaign, its accounts and leads are ordinary
ones, made by the verbs of their rooms.
"""

from datetime import datetime, timedelta

from app.campaigns.queries.campaigns import get_campaign
from app.campaigns.schemas import ScheduleInput, SettingsInput, StepInput
from app.campaigns.services.campaigns import create_campaign, update_schedule, update_settings
from app.campaigns.services.enrolment import enrol_leads
from app.campaigns.services.running import launch_campaign, pause_campaign, resume_campaign
from app.campaigns.services.sequence import replace_steps
from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import NotFound
from app.leads.schemas import LeadInput
from app.leads.services import upsert_leads
from app.models import Campaign, DemoRun
from app.sandbox import demo_copy, queries
from app.sandbox.persons import Person, person
from app.sandbox.services.accounts import add_sandbox_accounts

FIRST_LEADS = 60
FRESH_LEADS = 24  # an armed demo has at least so many people who were never written to
TRICKLE = 400  # new leads that come quickly, until the demo is armed again
TRICKLE_STEP = 2
SLOW_TRICKLE = timedelta(minutes=10)  # then one by one, so that a demo left alone stays alive


def run_demo(workspace_slug: str, *, user_id: int | None) -> DemoRun:
    """Start a fresh demo campaign with fresh leads; the one before it is paused.

    Makes two sandbox accounts when the workspace has none.
    """
    queries.lock_workspace()
    demo = queries.find_demo() or DemoRun()
    db.session.add(demo)
    accounts = queries.sandbox_accounts() or add_sandbox_accounts(workspace_slug)
    _pause_previous(demo)
    campaign = create_campaign(name=demo_copy.CAMPAIGN_NAME, owner_id=user_id)
    _set_up(campaign, [account.id for account in accounts])
    demo.campaign_id = campaign.id
    _add_people(demo, campaign, FIRST_LEADS)
    demo.trickle_left = TRICKLE
    launch_campaign(campaign)
    db.session.flush()
    return demo


def arm_demo(workspace_slug: str, *, user_id: int | None) -> DemoRun:
    """Make sure that a demo runs and has people to write to. Safe to repeat."""
    demo = queries.find_demo()
    campaign = _campaign_of(demo)
    if demo is None or campaign is None:
        return run_demo(workspace_slug, user_id=user_id)
    fresh = queries.fresh_leads(campaign.id)
    if fresh < FRESH_LEADS:
        _add_people(demo, campaign, FRESH_LEADS - fresh)
    demo.trickle_left = TRICKLE
    if campaign.status == "draft":
        launch_campaign(campaign)
    elif campaign.status != "active":
        resume_campaign(campaign)
    db.session.flush()
    return demo


def note_history(at: datetime) -> None:
    """Remember that the older conversations were delivered."""
    demo = queries.find_demo() or DemoRun()
    demo.history_at = at
    db.session.add(demo)
    db.session.flush()


def trickle_leads(demo: DemoRun) -> int:
    """A few new people for a running demo; how many. Nothing for a paused one."""
    campaign = _campaign_of(demo)
    if campaign is None or campaign.status not in ("active", "completed"):
        return 0
    count = min(TRICKLE_STEP, demo.trickle_left)
    demo.trickle_left -= count
    if not count and utcnow() - demo.updated_at >= SLOW_TRICKLE:
        count = 1
    if count:
        _add_people(demo, campaign, count)
    return count


def _campaign_of(demo: DemoRun | None) -> Campaign | None:
    """The demo's campaign; None when a person archived or deleted it."""
    if demo is None or demo.campaign_id is None:
        return None
    try:
        campaign = get_campaign(demo.campaign_id)
    except NotFound:
        return None
    return None if campaign.status == "archived" else campaign


def _pause_previous(demo: DemoRun) -> None:
    campaign = _campaign_of(demo)
    if campaign is not None and campaign.status == "active":
        pause_campaign(campaign, reason="A new demo was started")


def _set_up(campaign: Campaign, account_ids: list[int]) -> None:
    steps = [
        StepInput(
            subject=step.subject,
            body_html=step.body_html,
            delay_amount=step.minutes,
            delay_unit="minutes",
        )
        for step in demo_copy.STEPS
    ]
    replace_steps(campaign, steps)
    update_schedule(campaign, ScheduleInput(time_zone="UTC", always_open=True))
    update_settings(
        campaign,
        SettingsInput(
            name=campaign.name,
            account_ids=account_ids,
            track_opens=True,
            track_clicks=True,
            unsubscribe_header=True,
        ),
    )


def _add_people(demo: DemoRun, campaign: Campaign, count: int) -> None:
    first = demo.next_person or 0
    people = [person(number) for number in range(first, first + count)]
    demo.next_person = first + count
    result = upsert_leads([_lead(who) for who in people], source="sandbox")
    enrol_leads(campaign, result.lead_ids)


def _lead(who: Person) -> LeadInput:
    return LeadInput(
        email=who.email,
        first_name=who.first_name,
        last_name=who.last_name,
        company=who.company,
        title=who.title,
        website=who.website,
        custom={"city": who.city, "industry": who.industry},
    )
