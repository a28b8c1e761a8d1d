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
