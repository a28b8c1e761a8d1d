"""Gathers what the launch checks look at, and runs them."""

from collections.abc import Sequence
from datetime import datetime

from app.campaigns.policies.preflight import Check, Facts, StepFacts, checks
from app.campaigns.policies.readiness import unready
from app.campaigns.policies.reasons import say_when
from app.campaigns.policies.schedule import next_open_of
from app.campaigns.queries import campaigns as reads
from app.campaigns.queries.people import sample_leads
from app.campaigns.queries.planning import account_states
from app.leads.queries import variables_of
from app.models import Campaign, EmailAccount, Lead, Step
from app.sending.render import Preview, render_preview

SAMPLE = 50


def preflight(campaign: Campaign, now: datetime, *, user_is_verified: bool) -> list[Check]:
    """The lines of the launch list for this campaign and this person."""
    senders = reads.senders_of(campaign.id)
    schedule = reads.schedule_of(campaign)
    opens = next_open_of(schedule, now)
    leads = sample_leads(campaign.id, SAMPLE)
    facts = Facts(
        steps=[_step_facts(step, leads) for step in reads.steps_of(campaign.id)],
        leads=reads.live_count(campaign.id),
        leads_checked=len(leads),
        accounts=len(senders),
        accounts_able=sum(a.status == "connected" for a in senders),
        has_real_accounts=any(not a.is_sandbox for a in senders),
        user_is_verified=user_is_verified,
        next_opening=opens,
        opening_words=say_when(opens, now, schedule.zone) if opens and opens > now else "at once",
        daily_capacity=_capacity(senders, now),
    )
    return checks(facts)


def _capacity(senders: Sequence[EmailAccount], now: datetime) -> int:
    """What the able accounts may send today together."""
    states = account_states(now, [a.id for a in senders if a.status == "connected"])
    return sum(state.left_today for state in states)


def _is_blank(step: Step, preview: Preview) -> bool:
    """Whether conditions in the text leave nothing of it, or of the first subject, for somebody."""
    return not preview.text.strip() or (step.position == 1 and not preview.subject)


def _step_facts(step: Step, leads: Sequence[Lead]) -> StepFacts:
    """A step filled in for some leads: broken text, and variables without a value."""
    lacks = unready(step.position, step.subject, step.body_html)
    if lacks is not None:
        return StepFacts(step.position, lacks.why)
    missing: dict[str, None] = {}
    concerned = 0
    for lead in leads:
        preview = render_preview(step.subject, step.body_html, variables_of(lead))
        if preview.problem:  # with this lead's values only
            return StepFacts(step.position, f"cannot be filled in: {preview.problem}")
        if _is_blank(step, preview):
            return StepFacts(step.position, f"comes out empty for {lead.email}")
        concerned += bool(preview.missing)
        missing.update(dict.fromkeys(preview.missing))
    return StepFacts(step.position, "", tuple(missing), concerned)
