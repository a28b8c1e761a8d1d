"""Why something waits: the closed list of reasons, each said in one plain sentence."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo


class Reason(StrEnum):
    """Everything that can hold a mail or a campaign back, most fundamental first."""

    DRAFT = "draft"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"
    NO_STEPS = "no_steps"
    STEP_UNREADY = "step_unready"
    NO_LEADS = "no_leads"
    LEADS_PAUSED = "leads_paused"
    NO_ACCOUNTS = "no_accounts"
    ACCOUNTS_UNAVAILABLE = "accounts_unavailable"
    ACCOUNT_LOST = "account_lost"
    SCHEDULE_OVER = "schedule_over"
    WINDOW_CLOSED = "window_closed"
    CAMPAIGN_LIMIT = "campaign_limit"
    NEW_LEAD_LIMIT = "new_lead_limit"
    ACCOUNT_LIMIT = "account_limit"
    DELAY = "delay"
    ACCOUNT_GAP = "account_gap"


@dataclass(frozen=True, slots=True)
class Wait:
    """A lead that gets no slot in this plan: why, and until when if that is known."""

    lead_id: int
    reason: Reason
    until: datetime | None = None


CAMPAIGN_SENTENCES: dict[Reason, str] = {
    Reason.DRAFT: "Nothing is sent yet: the campaign has not been launched.",
    Reason.PAUSED: "Nothing is sent: the campaign is paused.",
    Reason.COMPLETED: "Every lead has finished the sequence.",
    Reason.ARCHIVED: "The campaign is archived.",
    Reason.NO_STEPS: "Nothing can be sent: the sequence has no steps.",
    Reason.STEP_UNREADY: "Nothing more is sent until the next step has its text.",
    Reason.NO_LEADS: "Waiting for leads: nobody is left to write to.",
    Reason.LEADS_PAUSED: "Nothing is due: the leads that are left are paused or need a decision.",
    Reason.NO_ACCOUNTS: "Nothing can be sent: no sender account is chosen.",
    Reason.ACCOUNTS_UNAVAILABLE: "Nothing can be sent: all sender accounts are paused or disconnected.",
    Reason.ACCOUNT_LOST: "The remaining leads belong to a sender account that cannot send now.",
    Reason.SCHEDULE_OVER: "Nothing more is sent: the schedule has no open window left.",
    Reason.WINDOW_CLOSED: "Outside the sending window; it opens {when}.",
    Reason.CAMPAIGN_LIMIT: "The campaign's daily limit is used up; sending goes on {when}.",
    Reason.NEW_LEAD_LIMIT: "Today's new leads have all been written to; more follow {when}.",
    Reason.ACCOUNT_LIMIT: "The sender accounts have used up today's limit; sending goes on {when}.",
    Reason.DELAY: "Waiting for the delay between steps; the next mail is due {when}.",
    Reason.ACCOUNT_GAP: "Sending, one mail at a time; the next slot is {when}.",
}

LEAD_SENTENCES: dict[Reason, str] = {
    Reason.DRAFT: "Waiting for the campaign to be launched.",
    Reason.PAUSED: "The campaign is paused.",
    Reason.COMPLETED: "The campaign is completed.",
    Reason.ARCHIVED: "The campaign is archived.",
    Reason.NO_STEPS: "The sequence has no step for this lead.",
    Reason.STEP_UNREADY: "Its next step is not written yet.",
    Reason.NO_ACCOUNTS: "No sender account is chosen.",
    Reason.ACCOUNTS_UNAVAILABLE: "All sender accounts are paused or disconnected.",
    Reason.ACCOUNT_LOST: "Its sender account is paused or disconnected; it waits for that account.",
    Reason.SCHEDULE_OVER: "The schedule has no open window left.",
    Reason.WINDOW_CLOSED: "Waits for the sending window, which opens {when}.",
    Reason.CAMPAIGN_LIMIT: "The campaign's daily limit is used up; goes on {when}.",
    Reason.NEW_LEAD_LIMIT: "Today's new leads have all been written to; goes on {when}.",
    Reason.ACCOUNT_LIMIT: "The sender account has used up today's limit; goes on {when}.",
    Reason.DELAY: "Waits for the delay between steps, until {when}.",
    Reason.ACCOUNT_GAP: "Next in line for its sender account, {when} at the earliest.",
}


def say_when(until: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """'today at 14:05 (Europe/Berlin)', 'Mon 30 Nov at 08:30 (…)', or 'later'."""
    if until is None:
        return "later"
    local, today = until.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    at = f"at {local:%H:%M} ({zone.key})"
    if days <= 0:
        return f"today {at}"
    return f"tomorrow {at}" if days == 1 else f"{local:%a} {local.day} {local:%b} {at}"


def campaign_sentence(reason: Reason, until: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """Why the campaign is not sending right now."""
    return CAMPAIGN_SENTENCES[reason].format(when=say_when(until, now, zone))


def lead_sentence(reason: Reason, until: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """Why this lead is waiting."""
    template = LEAD_SENTENCES.get(reason) or CAMPAIGN_SENTENCES[reason]
    return template.format(when=say_when(until, now, zone))
