"""Figures kept in the same transaction as what they count: per campaign and per day."""

from collections.abc import Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.campaigns.policies.schedule import zone_or_utc
from app.core.db import db
from app.core.tenancy import require_workspace_id
from app.models import Campaign, CampaignDay

#: Figures that exist both as a total of the campaign and per day.
DAILY = (
    "sent",
    "contacted",
    "opened",
    "opened_machine",
    "clicked",
    "clicked_machine",
    "replied",
    "auto_replied",
    "bounced",
    "unsubscribed",
)


def days_of(campaign_ids: set[int], at: datetime) -> dict[int, date]:
    """The local day of each campaign at this instant."""
    statement = sa.select(Campaign.id, Campaign.time_zone).where(Campaign.id.in_(campaign_ids))
    return {
        campaign_id: at.astimezone(zone_or_utc(zone)).date()
        for campaign_id, zone in db.session.execute(statement)
    }


def count(campaign_id: int, at: datetime, **deltas: int) -> None:
    """Add to the campaign's totals and to those of its local day at `at`."""
    count_many({campaign_id: deltas}, at)


def count_many(deltas: Mapping[int, Mapping[str, int]], at: datetime) -> None:
    """The same for several campaigns, in order of their ids so that counters never deadlock."""
    changed = {cid: {k: v for k, v in d.items() if v} for cid, d in deltas.items()}
    days = days_of({cid for cid, d in changed.items() if d}, at)
    for campaign_id in sorted(days):
        _add_totals(campaign_id, changed[campaign_id])
        _add_day(campaign_id, days[campaign_id], changed[campaign_id])


def _add_totals(campaign_id: int, deltas: Mapping[str, int]) -> None:
    """Totals on the campaign row, added by the database."""
    values = {
        f"{name}_count": getattr(Campaign, f"{name}_count") + delta
        for name, delta in deltas.items()
    }
    db.session.execute(
        sa.update(Campaign)
        .where(Campaign.id == campaign_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _add_day(campaign_id: int, day: date, deltas: Mapping[str, int]) -> None:
    """The day's row, made when it is not there."""
    daily = {name: delta for name, delta in deltas.items() if name in DAILY}
    if not daily:
        return
    statement = insert(CampaignDay).values(
        workspace_id=require_workspace_id(), campaign_id=campaign_id, day=day, **daily
    )
    added = {name: getattr(CampaignDay, name) + delta for name, delta in daily.items()}
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "campaign_id", "day"], set_=added
        )
    )
