"""The list of campaigns, a new one, and its status line."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.campaigns.queries import campaigns as reads
from app.campaigns.schemas import CampaignInput
from app.campaigns.services.campaigns import create_campaign as make_campaign
from app.campaigns.views.blueprint import bp, frame
from app.core.forms import parse_form
from app.core.permissions import current_actor, requires
from app.core.settings import settings
from app.core.tenancy import require_workspace_id
from app.web.responses import done, fragment, invalid, page, page_or_fragment
from app.workspaces.queries import get_workspace


@bp.get("")
@requires("campaigns.view")
def index_campaigns() -> ResponseReturnValue:
    """All campaigns, the newest first."""
    status, search = request.args.get("status", ""), request.args.get("q", "")
    found = reads.list_campaigns(status=status, search=search, cursor=request.args.get("cursor"))
    return page_or_fragment(
        "campaigns/index.html",
        {"campaigns-more": "campaigns/_rows.html", "campaigns": "campaigns/_table.html"},
        campaigns=found,
        owners=reads.owner_names(found.items),
        steps=reads.step_counts([c.id for c in found.items]),
        replies=reads.replies_by_day(found.items),
        chosen_status=status,
        search=search,
        has_any=bool(found.items) or reads.has_campaigns(),
        has_sandbox=settings.has_sandbox,
    )


@bp.get("/new")
@requires("campaigns.edit")
def new_campaign() -> ResponseReturnValue:
    """What is it called?"""
    return page("campaigns/new.html")


@bp.post("")
@requires("campaigns.edit")
def create_campaign() -> ResponseReturnValue:
    """A draft to be filled."""
    form = parse_form(CampaignInput)
    if not form.ok:
        return invalid("campaigns/new.html", form=form)
    campaign = make_campaign(
        name=form.value.name,
        owner_id=current_actor().user_id,
        time_zone=get_workspace(require_workspace_id()).time_zone,
    )
    return done(url_for("campaigns.show_campaign", campaign_id=campaign.id))


@bp.get("/<int:campaign_id>/status")
@requires("campaigns.view")
def show_status(campaign_id: int) -> ResponseReturnValue:
    """The status line by itself, asked for again and again while the campaign runs."""
    campaign = reads.get_campaign(campaign_id)
    return fragment("campaigns/_status.html", **frame(campaign, ""))
