"""The blueprint, and what every tab of a campaign shows above its own content."""

from typing import Any

from flask import Blueprint

from app.campaigns.services.explain import explain_campaign
from app.core.clock import utcnow
from app.models import Campaign

bp = Blueprint("campaigns", __name__, url_prefix="/w/<slug>/campaigns")


def frame(campaign: Campaign, tab: str, **context: Any) -> dict[str, Any]:
    """The values of `campaigns/_layout.html`."""
    explanation = explain_campaign(campaign, utcnow())
    return {"campaign": campaign, "tab": tab, "explanation": explanation, **context}
