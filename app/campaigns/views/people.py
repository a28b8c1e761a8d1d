"""The Leads tab: who is in the campaign, how each one stands, and what to do about it."""

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.campaigns.queries import people as reads
from app.campaigns.queries.campaigns import get_campaign, step_counts
from app.campaigns.services import enrolment
from app.campaigns.services.explain import explain_people
from app.campaigns.views.blueprint import bp, frame
from app.core.clock import utcnow
from app.core.permissions import requires
from app.leads.queries import recent_imports
from app.leads.views import receive_upload, upload_context
from app.models import Campaign
from app.web.responses import done, page_or_fragment
from app.web.toasts import toast


@bp.get("/<int:campaign_id>")
@requires("campaigns.view")
def show_campaign(campaign_id: int) -> ResponseReturnValue:
    """The Leads tab is where a campaign opens."""
    campaign = get_campaign(campaign_id)
    return page_or_fragment(
        "campaigns/people/index.html",
        {"people-more": "campaigns/people/_rows.html", "people": "campaigns/people/_table.html"},
        **_context(campaign),
    )


def _context(campaign: Campaign) -> dict[str, Any]:
    """The leads of the asked page with a sentence each."""
    state, search = request.args.get("state", ""), request.args.get("q", "")
    people = reads.list_people(
        campaign.id, state=state, search=search, cursor=request.args.get("cursor")
    )
    return frame(
        campaign,
        "leads",
        people=people,
        sentences=explain_people(people.items, campaign, utcnow()),
        people_states=_state_choices(campaign.id),
        words=reads.STATE_WORDS,
        steps=step_counts([campaign.id]).get(campaign.id, 0),
        state=state,
        search=search,
        imports=[i for i in recent_imports(campaign.id) if i.state != "done"],
        lost=reads.held_on_lost_accounts(campaign.id),
        **_upload(campaign.id),
    )


def _state_choices(campaign_id: int) -> list[tuple[str, str]]:
    """The states somebody is in, with how many."""
    counts = reads.state_counts(campaign_id)
    some = [(state, f"{reads.STATE_WORDS[state]} ({counts[state]:,})") for state in counts]
    return [("", "All states"), *some]


def _upload(campaign_id: int) -> dict[str, Any]:
    """The upload form, going to this campaign."""
    url = url_for("campaigns.create_people_import", campaign_id=campaign_id)
    return {**upload_context(), "upload_url": url}


@bp.get("/<int:campaign_id>/leads/new")
@requires("leads.edit")
def new_people(campaign_id: int) -> ResponseReturnValue:
    """Add leads by a list."""
    campaign = get_campaign(campaign_id)
    return page_or_fragment(
        "campaigns/people/new.html", {}, **frame(campaign, "leads", **_upload(campaign_id))
    )


@bp.post("/<int:campaign_id>/leads/imports")
@requires("leads.edit")
def create_people_import(campaign_id: int) -> ResponseReturnValue:
    """Take a list in for this campaign."""
    campaign = get_campaign(campaign_id)
    return receive_upload(
        campaign.id,
        "campaigns/people/new.html",
        "leads/imports/_upload.html",
        **frame(campaign, "leads", **_upload(campaign_id)),
    )


def _chosen() -> list[int]:
    """Ids of the ticked rows."""
    return [
        int(value) for value in request.form.getlist("ids") if value.isdecimal() and len(value) < 19
    ][:1000]


def _back(campaign_id: int, count: int, words: str) -> ResponseReturnValue:
    """To the list again, saying what was done."""
    leads = "1 lead" if count == 1 else f"{count:,} leads"
    url = url_for("campaigns.show_campaign", campaign_id=campaign_id)
    if count == 0:
        toast("None of the chosen leads could be changed.", "attention")
        return done(url)
    return done(url, message=f"{leads} {words}.")


@bp.post("/<int:campaign_id>/leads/pause")
@requires("campaigns.edit")
def create_people_pause(campaign_id: int) -> ResponseReturnValue:
    """Hold the chosen leads."""
    count = enrolment.pause_leads(get_campaign(campaign_id), _chosen())
    return _back(campaign_id, count, "paused")


@bp.post("/<int:campaign_id>/leads/resume")
@requires("campaigns.edit")
def create_people_resume(campaign_id: int) -> ResponseReturnValue:
    """Let the chosen leads go on."""
    count = enrolment.resume_leads(get_campaign(campaign_id), _chosen())
    return _back(campaign_id, count, "go on")


@bp.post("/<int:campaign_id>/leads/stop")
@requires("campaigns.edit")
def create_people_stop(campaign_id: int) -> ResponseReturnValue:
    """End the sequence for the chosen leads."""
    count = enrolment.stop_leads(get_campaign(campaign_id), _chosen())
    return _back(campaign_id, count, "stopped")


@bp.post("/<int:campaign_id>/leads/delete")
@requires("campaigns.edit")
def delete_people(campaign_id: int) -> ResponseReturnValue:
    """Take the chosen leads out."""
    count = enrolment.remove_leads(get_campaign(campaign_id), _chosen())
    return _back(campaign_id, count, "removed")


@bp.post("/<int:campaign_id>/leads/<int:entry_id>/stop")
@requires("campaigns.edit")
def create_person_stop(campaign_id: int, entry_id: int) -> ResponseReturnValue:
    """End the sequence for one lead, from wherever it is shown."""
    campaign = get_campaign(campaign_id)
    reads.get_person(campaign.id, entry_id)
    enrolment.stop_leads(campaign, [entry_id])
    return _stay(campaign_id, "The sequence is stopped for this lead.")


@bp.post("/<int:campaign_id>/leads/<int:entry_id>/resume")
@requires("campaigns.edit")
def create_person_resume(campaign_id: int, entry_id: int) -> ResponseReturnValue:
    """Let one lead go on."""
    campaign = get_campaign(campaign_id)
    reads.get_person(campaign.id, entry_id)
    enrolment.resume_leads(campaign, [entry_id])
    return _stay(campaign_id, "The sequence goes on for this lead.")


def _stay(campaign_id: int, message: str) -> ResponseReturnValue:
    """htmx stays where it is and hears of the change; a plain form goes to the campaign."""
    return done(
        url_for("campaigns.show_campaign", campaign_id=campaign_id),
        message=message,
        oob="campaigns/people/moved.oob.html",
        trigger="campaigns:lead-changed",
    )
