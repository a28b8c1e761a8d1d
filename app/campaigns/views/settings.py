"""The Settings tab: name, senders, tracking, rules; archive and delete."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from app.accounts.queries import list_accounts
from app.campaigns.queries.campaigns import get_campaign, sender_ids
from app.campaigns.schemas import SettingsInput
from app.campaigns.services import running
from app.campaigns.services.campaigns import update_settings as save_settings
from app.campaigns.views.blueprint import bp, frame
from app.core.errors import Invalid
from app.core.forms import parse_form
from app.core.permissions import requires
from app.models import Campaign, EmailAccount
from app.web.filters import plural
from app.web.responses import done, invalid, page


@bp.get("/<int:campaign_id>/settings")
@requires("campaigns.view")
def show_settings(campaign_id: int) -> ResponseReturnValue:
    """Who sends, what is measured, what ends a sequence."""
    return page("campaigns/settings.html", **_context(get_campaign(campaign_id)))


def _context(campaign: Campaign) -> dict[str, Any]:
    """The accounts to choose from."""
    accounts = list_accounts()
    return frame(
        campaign,
        "settings",
        accounts=accounts,
        account_choices=[(a.id, a.email, _note(a)) for a in accounts],
        chosen=list(sender_ids([campaign.id]).get(campaign.id, ())),
    )


def _note(account: EmailAccount) -> str:
    """What to know of an account before it is chosen."""
    if account.status != "connected":
        return f"{account.status.replace('_', ' ').capitalize()}: does not send now"
    limit = plural(account.daily_limit, "mail")
    return f"{account.from_name or account.provider_name}, up to {limit} a day"


@bp.post("/<int:campaign_id>/settings")
@requires("campaigns.edit")
def update_settings(campaign_id: int) -> ResponseReturnValue:
    """Save them; a running campaign follows at once."""
    campaign = get_campaign(campaign_id)
    form = parse_form(SettingsInput)
    try:
        save_settings(campaign, form.value)
    except Invalid as error:
        form.errors.update(error.errors)
        return invalid("campaigns/settings.html", form=form, **_context(campaign))
    url = url_for("campaigns.show_settings", campaign_id=campaign_id)
    return done(url, message="Settings saved.")


@bp.post("/<int:campaign_id>/archive")
@requires("campaigns.edit")
def create_archive(campaign_id: int) -> ResponseReturnValue:
    """Out of the list; nothing leaves any more."""
    campaign = get_campaign(campaign_id)
    running.archive_campaign(campaign)
    return done(url_for("campaigns.index_campaigns"), message=f"{campaign.name} is archived.")


@bp.post("/<int:campaign_id>/archive/delete")
@requires("campaigns.edit")
def delete_archive(campaign_id: int) -> ResponseReturnValue:
    """Back from the archive."""
    running.restore_campaign(get_campaign(campaign_id))
    return done(url_for("campaigns.show_campaign", campaign_id=campaign_id), message="Restored.")


@bp.post("/<int:campaign_id>/delete")
@requires("campaigns.edit")
def delete_campaign(campaign_id: int) -> ResponseReturnValue:
    """Gone; its mail stays in the mailhub."""
    campaign = get_campaign(campaign_id)
    running.delete_campaign(campaign)
    return done(url_for("campaigns.index_campaigns"), message=f"{campaign.name} is deleted.")
