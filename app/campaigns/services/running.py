"""Launch, pause, resume, archive, delete: a campaign's own states, by conditional updates."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from app.auth.services import require_verified
from app.campaigns.events import CampaignLaunched, CampaignPaused
from app.campaigns.queries.campaigns import get_campaign, has_live, sender_ids
from app.campaigns.queries.planner_lock import wait_for_planner
from app.campaigns.services import moves
from app.core.clock import utcnow
from app.core.context import current_actor
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.events import publish
from app.core.jobs import enqueue
from app.models import Campaign, CampaignLead, EmailAccount
from app.sending.services import cancel_queued


def is_under_way(campaign: Campaign) -> bool:
    """Whether a launch would change nothing: it runs, or has come to its end.

    Waits for a launch that is being made: of two clicks, the second must not run its checks on what
    the first has begun. Until the transaction ends nobody else starts or stops the campaign.
    """
    db.session.refresh(campaign, with_for_update={"key_share": True})
    return campaign.status in ("active", "completed")


def launch_campaign(campaign: Campaign) -> bool:
    """Start it. A second click changes nothing and is no error. Errors: Conflict.

    The pre-flight checks are the caller's (they need the person); this only moves the state.
    """
    return _start(campaign, out_of=("draft",), launched_at=utcnow())


def resume_campaign(campaign: Campaign) -> bool:
    """Go on after a pause, or after completion when there is somebody to write to again."""
    if campaign.status == "completed" and not has_live(campaign.id):
        raise Conflict("Every lead has finished the sequence. Add leads to go on.")
    refuse_unverified(sender_ids([campaign.id]).get(campaign.id, ()))
    return _start(campaign, out_of=("paused", "completed"), completed_at=None)


def refuse_unverified(account_ids: Iterable[int]) -> None:
    """Real accounts send only for people whose own address is verified. Errors: NotVerified."""
    actor = current_actor()
    real = sa.select(EmailAccount.id).where(
        EmailAccount.id.in_(list(account_ids)), EmailAccount.is_sandbox.is_(False)
    )
    if actor.user_id is not None and db.session.scalar(sa.select(real.exists())):
        require_verified(actor.user_id)


def _start(campaign: Campaign, *, out_of: Sequence[str], **values: Any) -> bool:
    """Make it active and ring the planner; False when it already was. Errors: Conflict."""
    was = campaign.status
    if not _change(campaign, "active", out_of, status_reason="", **values):
        if campaign.status == "active":
            return False
        raise Conflict(f"This campaign is {campaign.status}.")
    publish(CampaignLaunched(campaign.id, resumed=was != "draft"))
    enqueue("campaigns.plan", once=True)
    return True


def pause_campaign(campaign: Campaign, reason: str = "") -> bool:
    """Stop sending now: what is queued is cancelled in this transaction. Again: nothing."""
    wait_for_planner()
    if not _change(campaign, "paused", ("active",), status_reason=reason):
        if campaign.status == "paused":
            return False
        raise Conflict(f"This campaign is {campaign.status}, so there is nothing to pause.")
    take_back_queued(campaign.id, reason="paused")
    publish(CampaignPaused(campaign.id, reason))
    return True


def take_back_queued(campaign_id: int, *, reason: str) -> list[moves.Moved]:
    """Cancel what is queued; the leads wait again for the same step."""
    return moves.back_to_waiting(cancel_queued(campaign_id=campaign_id, reason=reason))


def archive_campaign(campaign: Campaign) -> None:
    """Out of the list; nothing leaves any more. Again: nothing."""
    wait_for_planner()
    take_back_queued(campaign.id, reason="archived")
    _change(campaign, "archived", ("draft", "active", "paused", "completed"))


def restore_campaign(campaign: Campaign) -> None:
    """Back from the archive, not running. Again: nothing."""
    status = "paused" if campaign.launched_at else "draft"
    _change(campaign, status, ("archived",))


def delete_campaign(campaign: Campaign) -> None:
    """Gone from every page; its leads stop, its mail stays in the mailhub. Again: nothing."""
    wait_for_planner()
    cancel_queued(campaign_id=campaign.id, reason="deleted")
    statement = (
        sa.update(CampaignLead)
        .where(CampaignLead.campaign_id == campaign.id)
        .where(CampaignLead.state.in_(["waiting", "queued", "paused", "held"]))
        .values(state="stopped", state_reason="The campaign was deleted")
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)
    campaign.deleted_at = campaign.deleted_at or utcnow()
    campaign.status = "archived"


def reopen_completed(campaign_id: int) -> None:
    """A completed campaign that got new leads goes on by itself; a deleted one does not."""
    try:
        campaign = get_campaign(campaign_id)
    except NotFound:
        return
    if campaign.status == "completed":
        _start(campaign, out_of=("completed",), completed_at=None)
    elif campaign.status == "active":
        enqueue("campaigns.plan", once=True)


def _change(campaign: Campaign, status: str, out_of: Sequence[str], **values: Any) -> bool:
    """Whether this call changed the status; the row is fresh afterwards."""
    statement = (
        sa.update(Campaign)
        .where(Campaign.id == campaign.id, Campaign.status.in_(out_of))
        .values(status=status, updated_at=utcnow(), **values)
        .execution_options(synchronize_session=False)
    )
    changed = bool(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]
    db.session.refresh(campaign)
    return changed
