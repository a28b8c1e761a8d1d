"""The JSON door of analytics."""

from dataclasses import asdict
from typing import Any

from app.analytics import queries
from app.api.door import endpoint
from app.campaigns.queries.campaigns import get_campaign, zone_of
from app.core.clock import utcnow
from app.models import Campaign


@endpoint(
    "GET",
    "/campaign/<int:campaign_id>/analytics",
    permission="analytics.view",
    find={"campaign_id": get_campaign},
)
def show_analytics(campaign: Campaign) -> dict[str, Any]:
    """Totals, rates (of leads contacted) and the days of a campaign."""
    totals = queries.totals_of(campaign)
    today = utcnow().astimezone(zone_of(campaign)).date()
    stages = ("opened", "clicked", "replied", "bounced", "unsubscribed")
    return {
        "totals": asdict(totals),
        "rates": {name: _rate(getattr(totals, name), totals.contacted) for name in stages},
        "days": [asdict(day) for day in queries.days_of(campaign.id, today)],
    }


def _rate(count: int, contacted: int) -> float | None:
    """A share of the leads contacted; null while nobody was."""
    return round(count / contacted, 4) if contacted else None
