"""Figures for the Analytics tab, from counters only: cost does not grow with leads or events."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.models import Campaign, CampaignDay

DAYS = 30
#: A chart of one day is a dot; a week shows that the days before were quiet.
AT_LEAST = 7


@dataclass(frozen=True)
class Day:
    """One day of a campaign, in its own zone."""

    day: date
    sent: int = 0
    opened: int = 0
    clicked: int = 0
    replied: int = 0
    bounced: int = 0
    contacted: int = 0
    unsubscribed: int = 0


@dataclass(frozen=True)
class Totals:
    """The totals of a campaign; leads contacted is the denominator of every rate."""

    leads: int
    contacted: int
    sent: int
    opened: int
    opened_machine: int
    clicked: int
    clicked_machine: int
    replied: int
    auto_replied: int
    bounced: int
    unsubscribed: int
    finished: int


def totals_of(campaign: Campaign) -> Totals:
    """The counters of a campaign."""
    names = Totals.__dataclass_fields__
    return Totals(**{name: getattr(campaign, f"{name}_count") for name in names})


def days_of(campaign_id: int, last: date, days: int = DAYS) -> list[Day]:
    """The last `days` days up to `last`, days without mail as zeros; from the first day on."""
    statement = (
        sa.select(CampaignDay)
        .where(CampaignDay.campaign_id == campaign_id, CampaignDay.day <= last)
        .order_by(CampaignDay.day.desc())
        .limit(days)
    )
    found = {row.day: _day(row) for row in db.session.scalars(statement)}
    if not found:
        return []
    first = max(min(found), last - timedelta(days=days - 1))
    first = min(first, last - timedelta(days=AT_LEAST - 1))
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [found.get(day, Day(day)) for day in span]


def _day(row: Any) -> Day:
    """A row of counters as a value."""
    return Day(**{name: getattr(row, name) for name in Day.__dataclass_fields__})
