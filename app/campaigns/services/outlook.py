"""Gathers what the forecast of the launch sheet counts with."""

from collections import Counter
from datetime import date, datetime

from app.campaigns.policies.delays import delay_of
from app.campaigns.policies.outlook import outlook, say
from app.campaigns.policies.schedule import Schedule, next_open_of
from app.campaigns.queries import campaigns as reads
from app.models import Campaign, EmailAccount
from app.sending.policies import day_limit, local_day


def forecast(campaign: Campaign, now: datetime) -> str:
    """A sentence about mails and days; empty while there is nothing to count."""
    schedule = reads.schedule_of(campaign)
    steps = reads.steps_of(campaign.id)
    leads = reads.live_count(campaign.id)
    senders = [a for a in reads.senders_of(campaign.id) if a.status == "connected"]
    opens = next_open_of(schedule, now)
    if not (steps and leads and senders and opens):
        return ""
    delays = [delay_of(step.delay_amount, step.delay_unit) for step in steps[1:]]  # type: ignore[arg-type]
    minutes = Counter[int]()
    for window in schedule.windows:
        minutes[window.weekday] += window.end - window.start

    def room_on(day: date) -> int:
        room = sum(_room(account, day, minutes[day.weekday()]) for account in senders)
        return min(room, campaign.daily_cap or room) if _has_begun(schedule, day) else 0

    first = opens.astimezone(schedule.zone).date()
    last = schedule.ends_on
    return say(outlook(first, leads, delays, room_on, campaign.daily_new_cap, last), last)


def _has_begun(schedule: Schedule, day: date) -> bool:
    return schedule.starts_on is None or day >= schedule.starts_on


def _room(account: EmailAccount, day: date, minutes: int) -> int:
    """Mails one account can send in that many open minutes, within its limit of the day."""
    gap = account.gap_seconds + account.gap_jitter_seconds / 2
    slots = int(minutes * 60 / gap) + 1 if gap else account.daily_limit
    connected = local_day(account.connected_at, account.time_zone) if account.connected_at else day
    ramp = (account.ramp_enabled, account.ramp_start, account.ramp_step)
    return min(slots if minutes else 0, day_limit(account.daily_limit, ramp, connected, day))
