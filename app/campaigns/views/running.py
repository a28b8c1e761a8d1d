"""Launch with its checks, pause and resume."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.campaigns.policies.preflight import Check, may_launch
from app.campaigns.queries.campaigns import get_campaign
from app.campaigns.services import running
from app.campaigns.services.outlook import forecast
from app.campaigns.services.preflight import preflight
from app.campaigns.views.blueprint import bp, frame
from app.core.clock import utcnow
from app.core.permissions import requires
from app.models import Campaign
from app.web.responses import done, invalid, page_or_fragment

#: Where each kind of trouble is mended.
TABS = {
    "sequence": "campaigns.show_sequence",
    "leads": "campaigns.show_campaign",
    "settings": "campaigns.show_settings",
    "schedule": "campaigns.show_schedule",
}
UNDER_WAY = {"active": "The campaign is running.", "completed": "The campaign has finished."}
STATES = {"ok": "ok", "warn": "warn", "stop": "fail"}


@bp.get("/<int:campaign_id>/launch")
@requires("campaigns.view")
def new_launch(campaign_id: int) -> ResponseReturnValue:
    """What is ready and what is not."""
    campaign = get_campaign(campaign_id)
    return page_or_fragment(
        "campaigns/launch/new.html",
        {"launch": "campaigns/launch/_checks.html"},
        **_context(campaign, _checks(campaign)),
    )


def _checks(campaign: Campaign) -> list[Check]:
    """The lines for this person."""
    return preflight(campaign, utcnow(), user_is_verified=current_user.is_verified)


def _context(campaign: Campaign, lines: list[Check]) -> dict[str, Any]:
    """The list as the page shows it."""
    items = [
        {"state": STATES[line.level], "label": line.text, "href": _where(campaign, line)}
        for line in lines
    ]
    return frame(
        campaign, "", items=items, ready=may_launch(lines), forecast=forecast(campaign, utcnow())
    )


def _where(campaign: Campaign, line: Check) -> str | None:
    """Where to mend a line; green ones need nothing."""
    if line.level == "ok" or line.tab is None:
        return None
    if line.tab == "profile":
        return url_for("auth.show_profile")
    return url_for(TABS[line.tab], campaign_id=campaign.id)


@bp.post("/<int:campaign_id>/launch")
@requires("campaigns.launch")
def create_launch(campaign_id: int) -> ResponseReturnValue:
    """Launch it, if every red line is gone. The second of two clicks changes nothing."""
    campaign = get_campaign(campaign_id)
    url = url_for("campaigns.show_campaign", campaign_id=campaign_id)
    if running.is_under_way(campaign):
        return done(url, message=UNDER_WAY[campaign.status])
    lines = _checks(campaign)
    if not may_launch(lines):
        return invalid(
            "campaigns/launch/new.html",
            partial="campaigns/launch/_checks.html",
            **{"form": None, **_context(campaign, lines)},
        )
    running.launch_campaign(campaign)
    return done(url, message="Launched. The first mails leave within a minute of an open window.")


@bp.post("/<int:campaign_id>/pause")
@requires("campaigns.launch")
def create_pause(campaign_id: int) -> ResponseReturnValue:
    """Nothing more leaves, from this moment."""
    running.pause_campaign(get_campaign(campaign_id))
    return done(url_for("campaigns.show_campaign", campaign_id=campaign_id), message="Paused.")


@bp.post("/<int:campaign_id>/resume")
@requires("campaigns.launch")
def create_resume(campaign_id: int) -> ResponseReturnValue:
    """Go on where it stopped."""
    running.resume_campaign(get_campaign(campaign_id))
    return done(
        url_for("campaigns.show_campaign", campaign_id=campaign_id), message="Running again."
    )
