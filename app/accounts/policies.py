"""Pure rules of accounts: how much may leave today, what the menu's dot says."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

Dot = Literal["positive", "attention", "negative", "neutral"]

PROBE_LIMIT = 30  # tries of a connection per person (and per address of theirs) in an hour
UNREADABLE = (
    "The saved password cannot be read any more: the key it was encrypted with is missing. "
    "Enter the password again."
)
PAUSABLE = frozenset({"connected", "disconnected"})
NEEDS_A_PERSON = frozenset({"reconnect_required", "disconnected"})


def allowed_today(
    *, daily_limit: int, ramp: tuple[bool, int, int], connected_on: date, today: date
) -> int:
    """Campaign mails that may leave today. `ramp` is (enabled, first day, more each day)."""
    enabled, start, step = ramp
    if not enabled:
        return max(0, daily_limit)
    days = max(0, (today - connected_on).days)
    return max(0, min(daily_limit, start + step * days))


def local_day(at: datetime, time_zone: str) -> date:
    """The date at a moment in a zone; an unknown zone counts as UTC."""
    try:
        return at.astimezone(ZoneInfo(time_zone)).date()
    except (KeyError, ValueError):
        return at.date()


def health_dot(statuses: Iterable[str]) -> tuple[Dot, str] | None:
    """The worst of all accounts as (tone, words); None when all is well or there is none."""
    seen = list(statuses)
    broken = sum(status in NEEDS_A_PERSON for status in seen)
    if broken:
        return "attention", "1 account needs you" if broken == 1 else f"{broken} accounts need you"
    paused = seen.count("paused")
    if paused:
        return "attention", "1 account is paused" if paused == 1 else f"{paused} accounts paused"
    return None
