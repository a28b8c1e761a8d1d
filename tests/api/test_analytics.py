"""Analytics through the JSON door."""

from app.core.clock import utcnow
from app.core.db import db
from app.core.tenancy import workspace_context
from app.models import CampaignDay
from tests.factories import make_campaign


def test_totals_rates_and_days(call, cast):
    with workspace_context(cast.acme.id):
        campaign = make_campaign(
            leads_count=10, contacted_count=8, opened_count=4, replied_count=1, sent_count=12
        )
        today = utcnow().date()
        db.session.add(CampaignDay(campaign_id=campaign.id, day=today, sent=12, replied=1))
        db.session.commit()
        path = f"/api/campaign/{campaign.id}/analytics"
    body = call(cast.vera, "GET", path).get_json()["data"]
    assert body["totals"]["contacted"] == 8
    assert body["rates"]["opened"] == 0.5
    assert body["rates"]["clicked"] == 0
    assert body["days"][-1]["day"] == today.isoformat()
    assert body["days"][-1]["sent"] == 12
    assert call(cast.charlie, "GET", path).status_code == 404
    with workspace_context(cast.acme.id):
        empty = make_campaign().id
        db.session.commit()
    quiet = call(cast.vera, "GET", f"/api/campaign/{empty}/analytics").get_json()["data"]
    assert quiet["rates"]["replied"] is None
    assert quiet["days"] == []
