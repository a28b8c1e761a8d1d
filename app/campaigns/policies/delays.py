"""Delays between steps: what a number and a unit mean, and how they are said."""

from datetime import timedelta
from typing import Literal, get_args

Unit = Literal["minutes", "hours", "days"]
UNITS: tuple[Unit, ...] = get_args(Unit)
SECONDS: dict[Unit, int] = {"minutes": 60, "hours": 3600, "days": 86400}
#: A year: beyond that a follow-up is a new campaign.
MAX_DELAY = timedelta(days=366)


def delay_of(value: int, unit: Unit) -> timedelta:
    """How long to wait after the previous mail. A day is 24 hours; the window decides the hour."""
    return timedelta(seconds=value * SECONDS[unit])


def delay_words(value: int, unit: Unit) -> str:
    """'wait 3 days', 'wait 1 hour', 'right away'."""
    if value == 0:
        return "right away"
    return f"wait {value} {unit[:-1] if value == 1 else unit}"


def split_seconds(seconds: int) -> tuple[int, Unit]:
    """A stored delay as the largest unit that divides it, for the form."""
    for unit in ("days", "hours", "minutes"):
        if seconds and seconds % SECONDS[unit] == 0:
            return seconds // SECONDS[unit], unit
    return (0, "days") if seconds == 0 else (max(1, seconds // 60), "minutes")
