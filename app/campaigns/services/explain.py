"""Why a campaign is (not) sending and why a lead waits: asked of the planner itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.campaigns.policies.planner import HORIZON, AccountState, DueLead, Slot, State, plan
from app.campaigns.policies.reasons import (
    Reason,
    Wait,
    campaign_sentence,
    lead_sentence,
    say_when,
)
from app.campaigns.policies.schedule import next_open_of
from app.campaigns.queries import planning as due
from app.campaigns.queries.campaigns import has_live
from app.campaigns.queries.people import Person, queued_slots
from app.campaigns.services.planning import candidates
from app.campaigns.services.standing import Running, due_lead, running_campaigns
from app.models import Campaign

#: What a status says by itself, whatever the leads are doing.
BY_STATUS = {
    "draft": Reason.DRAFT,
    "paused": Reason.PAUSED,
    "completed": Reason.COMPLETED,
    "archived": Reason.ARCHIVED,
}
_ENDED = {
    "replied": "Answered, so the sequence has ended.",
    "bounced": "The address does not take mail.",
    "unsubscribed": "Wants no more mail.",
    "completed": "Has been sent every step.",
    "stopped": "Was stopped.",
    "failed": "The mail could not be sent.",
}

ABOUT_NOW = timedelta(seconds=5)


@dataclass(frozen=True)
class Explanation:
    """One plain sentence and whether it is good news."""

    sentence: str
    reason: Reason | None = None

    @property
    def is_sending(self) -> bool:
        """Whether mail leaves right now."""
        return self.reason is None or self.reason is Reason.ACCOUNT_GAP


def _no_jitter(_account: AccountState) -> float:
    """An explanation names the earliest moment."""
    return 0.0


def explain_campaign(campaign: Campaign, now: datetime) -> Explanation:
    """Why this campaign is (not) sending right now."""
    running = running_campaigns(now, [campaign])[0]
    reason, until = _campaign_reason(running, now)
    zone = running.schedule.zone
    if reason is None:
        return Explanation(f"Sending: the next mail leaves {say_when(until, now, zone)}.")
    sentence = campaign_sentence(reason, until, now, zone)
    if reason is Reason.PAUSED and campaign.status_reason:
        sentence = f"{sentence} {campaign.status_reason}"
    return Explanation(sentence, reason)


def _campaign_reason(running: Running, now: datetime) -> tuple[Reason | None, datetime | None]:
    """The most fundamental reason; None and a time when the next mail has its slot."""
    campaign = running.campaign
    if campaign.status in BY_STATUS:
        return BY_STATUS[campaign.status], None
    if not running.steps:
        return Reason.NO_STEPS, None
    if not has_live(campaign.id):
        return Reason.NO_LEADS, None
    accounts = due.account_states(now)
    chosen = [a for a in accounts if a.id in running.state.account_ids]
    if not chosen:
        return Reason.NO_ACCOUNTS, None
    if not any(a.can_send for a in chosen):
        return Reason.ACCOUNTS_UNAVAILABLE, None
    opens = next_open_of(running.schedule, now)
    if opens is None:
        return Reason.SCHEDULE_OVER, None
    if opens > now and not campaign.use_lead_time_zone:
        return Reason.WINDOW_CLOSED, opens
    if due.on_their_way([campaign.id]):
        return None, now
    return _first_answer(running, accounts, now)


def _first_answer(
    running: Running, accounts: list[AccountState], now: datetime
) -> tuple[Reason | None, datetime | None]:
    """What the planner says of the leads that are due; else when the next one is."""
    ids = candidates([running], accounts, now)
    if ids:
        leads = [due_lead(row, row.time_zone, running) for row in due.peek_waiting(ids[:50])]
        answers = plan(now, State([running.state], accounts, leads), _no_jitter)
        slots = [entry.send_at for entry in answers if isinstance(entry, Slot)]
        if slots:
            return None, min(slots)
        waits = [entry for entry in answers if isinstance(entry, Wait)]
        if waits:
            return waits[0].reason, waits[0].until
    return _why_no_candidates(running, accounts, now)


def _why_no_candidates(
    running: Running, accounts: list[AccountState], now: datetime
) -> tuple[Reason | None, datetime | None]:
    """Nobody can be planned: a limit, a gap, a delay, or only leads that wait for a person."""
    next_due = due.next_due_at(running.campaign.id, running.unready)
    if next_due is None:
        return Reason.STEP_UNREADY if running.unready else Reason.LEADS_PAUSED, None
    if next_due > now + HORIZON:
        return Reason.DELAY, next_open_of(running.schedule, next_due)
    probe = DueLead(0, running.campaign.id, next_due)
    answer = plan(now, State([running.state], accounts, [probe]), _no_jitter)[0]
    if isinstance(answer, Wait):
        return answer.reason, answer.until
    return Reason.ACCOUNT_LOST, None


def explain_lead(person: Person, campaign: Campaign, now: datetime) -> str:
    """Why this lead is waiting, or how it ended."""
    return explain_people([person], campaign, now)[person.entry.id]


def explain_people(people: list[Person], campaign: Campaign, now: datetime) -> dict[int, str]:
    """The same for a page of leads, with the state of things read once."""
    running = running_campaigns(now, [campaign])[0]
    accounts = due.account_states(now)
    slots = queued_slots([p.entry.id for p in people if p.entry.state == "queued"])
    return {p.entry.id: _sentence(p, running, accounts, slots, now) for p in people}


def _sentence(
    person: Person,
    running: Running,
    accounts: list[AccountState],
    slots: Mapping[int, datetime],
    now: datetime,
) -> str:
    """One lead."""
    entry, zone = person.entry, running.schedule.zone
    if entry.state == "queued":
        slot = slots.get(entry.id, now)
        soon = slot <= now + ABOUT_NOW
        return f"{'About to leave' if soon else f'Leaves {say_when(slot, now, zone)}'}."
    if entry.state == "paused":
        if entry.resume_at is None:
            return f"{entry.state_reason or 'Paused'}, until somebody resumes the lead."
        return f"{entry.state_reason or 'Paused'}, until {say_when(entry.resume_at, now, zone)}."
    if entry.state != "waiting":
        return entry.state_reason or _ENDED.get(entry.state, "Needs a decision.")
    status = running.campaign.status
    if status in BY_STATUS:
        return lead_sentence(BY_STATUS[status], None, now, zone)
    if entry.step_position > len(running.steps):
        return lead_sentence(Reason.NO_STEPS, None, now, zone)
    if entry.step_position in running.unready:
        return lead_sentence(Reason.STEP_UNREADY, None, now, zone)
    lead = due_lead(entry, person.lead.time_zone, running)
    if lead.due_at > now + HORIZON:
        opens = next_open_of(running.schedule, lead.due_at, lead.zone)
        return lead_sentence(Reason.DELAY, opens, now, zone)
    answer = plan(now, State([running.state], accounts, [lead]), _no_jitter)[0]
    if isinstance(answer, Slot):
        return f"Next in line, {say_when(answer.send_at, now, zone)} at the earliest."
    return lead_sentence(answer.reason, answer.until, now, zone)
