"""Campaigns, steps, schedules and campaign leads as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from app.campaigns.policies.schedule import Window
    from app.campaigns.queries.people import Person
    from app.models import Campaign, Lead, Step
    from app.sending.render import Preview

COUNTS = (
    *("leads", "contacted", "sent", "opened", "opened_machine", "clicked", "clicked_machine"),
    *("replied", "auto_replied", "bounced", "unsubscribed", "finished"),
)


class CampaignJson(TypedDict):
    """A campaign with its totals: `leads`, `sent`, `opened`, `replied` and so on."""

    id: int
    name: str
    type: str
    status: str
    status_reason: str
    owner_id: int | None
    stats: dict[str, int]
    launched_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime


class StepJson(TypedDict):
    """One mail of the sequence."""

    id: int
    position: int
    delay_amount: int
    delay_unit: str
    subject: str
    body_html: str


class WindowJson(TypedDict):
    """When mails may leave on one weekday; 0 is Monday."""

    weekday: int
    start: str
    end: str


class ScheduleJson(TypedDict):
    """When mails may leave."""

    time_zone: str
    start_at: datetime | None
    end_at: datetime | None
    daily_cap: int | None
    daily_new_cap: int | None
    windows: list[WindowJson]


class SettingsJson(TypedDict):
    """Senders and rules."""

    name: str
    account_ids: list[int]
    track_opens: bool
    track_clicks: bool
    unsubscribe_header: bool
    stop_on_auto_reply: bool


class PreviewJson(TypedDict):
    """A step as a lead gets it. `missing` names variables without a value, `problem` says why the
    text cannot be filled in."""

    step_id: int
    lead_id: int | None
    subject: str
    html: str
    text: str
    missing: list[str]
    problem: str | None


class PersonJson(TypedDict):
    """A lead in a campaign."""

    id: int
    lead_id: int
    email: str
    first_name: str
    last_name: str
    company: str
    state: str
    state_reason: str
    step: int
    due_at: datetime | None
    sender: str | None
    last_event: str | None
    last_event_at: datetime | None
    replied_at: datetime | None


def campaign_json(campaign: Campaign) -> CampaignJson:
    """A campaign with its totals."""
    return {
        "id": campaign.id,
        "name": campaign.name,
        "type": campaign.kind,
        "status": campaign.status,
        "status_reason": campaign.status_reason,
        "owner_id": campaign.owner_id,
        "stats": {name: getattr(campaign, f"{name}_count") for name in COUNTS},
        "launched_at": campaign.launched_at,
        "completed_at": campaign.completed_at,
        "created_at": campaign.created_at,
        "updated_at": campaign.updated_at,
    }


def step_json(step: Step) -> StepJson:
    """One mail of the sequence."""
    return {
        "id": step.id,
        "position": step.position,
        "delay_amount": step.delay_amount,
        "delay_unit": step.delay_unit,
        "subject": step.subject,
        "body_html": step.body_html,
    }


def preview_json(step: Step, lead: Lead | None, preview: Preview) -> PreviewJson:
    """A step as a lead gets it."""
    return {
        "step_id": step.id,
        "lead_id": lead.id if lead else None,
        "subject": preview.subject,
        "html": preview.html,
        "text": preview.text,
        "missing": list(preview.missing),
        "problem": preview.problem or None,
    }


def schedule_json(campaign: Campaign, windows: tuple[Window, ...]) -> ScheduleJson:
    """When mails may leave."""
    return {
        "time_zone": campaign.time_zone,
        "start_at": campaign.start_at,
        "end_at": campaign.end_at,
        "daily_cap": campaign.daily_cap,
        "daily_new_cap": campaign.daily_new_cap,
        "windows": [
            {"weekday": w.weekday, "start": clock(w.start), "end": clock(w.end)} for w in windows
        ],
    }


def clock(minute: int) -> str:
    """`08:30`; midnight at the end of a day is `00:00`, as the input takes it."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def settings_json(campaign: Campaign, account_ids: tuple[int, ...]) -> SettingsJson:
    """Senders and rules."""
    return {
        "name": campaign.name,
        "account_ids": list(account_ids),
        "track_opens": campaign.track_opens,
        "track_clicks": campaign.track_clicks,
        "unsubscribe_header": campaign.unsubscribe_header,
        "stop_on_auto_reply": campaign.stop_on_auto_reply,
    }


def person_json(person: Person) -> PersonJson:
    """A lead in a campaign."""
    entry = person.entry
    return {
        "id": entry.id,
        "lead_id": entry.lead_id,
        "email": person.lead.email,
        "first_name": person.lead.first_name,
        "last_name": person.lead.last_name,
        "company": person.lead.company,
        "state": entry.state,
        "state_reason": entry.state_reason,
        "step": entry.step_position,
        "due_at": entry.due_at,
        "sender": person.sender or None,
        "last_event": entry.last_event or None,
        "last_event_at": entry.last_event_at,
        "replied_at": entry.replied_at,
    }
