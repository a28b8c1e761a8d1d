"""The Analytics tab of a campaign."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.analytics import queries
from app.analytics.policies import funnel, rates
from app.campaigns.queries.campaigns import get_campaign, zone_of
from app.campaigns.views.blueprint import frame
from app.core.clock import utcnow
from app.core.permissions import requires
from app.web.responses import page

bp = Blueprint("analytics", __name__, url_prefix="/w/<slug>/campaigns")


@bp.get("/<int:campaign_id>/analytics")
@requires("analytics.view")
def show_campaign(campaign_id: int) -> ResponseReturnValue:
    """The funnel, the rates and the days of a campaign."""
    campaign = get_campaign(campaign_id)
    totals = queries.totals_of(campaign)
    today = utcnow().astimezone(zone_of(campaign)).date()
    return page(
        "analytics/campaign.html",
        **frame(
            campaign,
            "analytics",
            totals=totals,
            funnel=funnel(totals),
            rates=rates(totals),
            days=queries.days_of(campaign_id, today),
        ),
    )
