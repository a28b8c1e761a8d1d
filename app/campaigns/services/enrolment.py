"""Who is in a campaign: enrol leads, each once, and take them out again."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.campaigns.services import moves
from app.campaigns.services.running import reopen_completed
from app.core.clock import utcnow
from app.core.db import db
from app.models import Campaign, CampaignLead, ImportRow, Lead, Outbox


def enrol_leads(campaign: Campaign, lead_ids: Iterable[int]) -> int:
    """Enrol these leads; how many were not in yet. Safe to repeat."""
    ids = list(lead_ids)
    if not ids:
        return 0
    chosen = sa.select(Lead.id).where(Lead.id.in_(ids))
    return _enrol(campaign.id, chosen.order_by(Lead.id), import_id=None)


def enrol_import_batch(campaign_id: int, import_id: int, first: int, last: int) -> int:
    """Enrol what a batch of an import became; how many. Safe to repeat."""
    same_person = sa.and_(
        Lead.workspace_id == ImportRow.workspace_id, Lead.email == ImportRow.email
    )
    rows = (
        sa.select(Lead.id)
        .select_from(ImportRow)
        .join(Lead, same_person)
        .where(ImportRow.import_id == import_id)
        .where(ImportRow.line >= first, ImportRow.line <= last)
        .where(ImportRow.outcome.in_(["new", "update"]))
        .order_by(ImportRow.line)
    )
    return _enrol(campaign_id, rows, import_id=import_id)


def _enrol(campaign_id: int, rows: sa.Select[Any], import_id: int | None) -> int:
    """INSERT … SELECT of campaign leads that are due at once; counts them on the campaign."""
    now = utcnow()
    columns = {
        "workspace_id": Lead.workspace_id,
        "campaign_id": sa.literal(campaign_id),
        "lead_id": Lead.id,
        "state": sa.literal("waiting"),
        "step_position": sa.literal(1),
        "due_at": sa.literal(now),
        "import_id": sa.literal(import_id, sa.BigInteger),
        "created_at": sa.literal(now),
        "updated_at": sa.literal(now),
    }
    statement = (
        insert(CampaignLead)
        .from_select(
            list(columns), rows.with_only_columns(*columns.values()), include_defaults=False
        )
        .on_conflict_do_nothing(index_elements=["workspace_id", "campaign_id", "lead_id"])
        .execution_options(preserve_rowcount=True)
    )
    added = int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]
    if added:
        db.session.execute(
            sa.update(Campaign)
            .where(Campaign.id == campaign_id)
            .values(leads_count=Campaign.leads_count + added)
            .execution_options(synchronize_session=False)
        )
        db.session.expire_all()
        reopen_completed(campaign_id)
    return added


def mark_enrolled_rows(campaign_id: int, import_id: int) -> None:
    """Rows of a checked import whose lead is in the campaign already are skipped."""
    # owner: one statement over both tables; leads, the lower room, knows no campaigns
    db.session.execute(
        sa.update(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.outcome == "update")
        .where(CampaignLead.lead_id == ImportRow.lead_id, CampaignLead.campaign_id == campaign_id)
        .values(outcome="in_campaign")
        .execution_options(synchronize_session=False)
    )


def pause_leads(campaign: Campaign, ids: Iterable[int]) -> int:
    """Hold these leads until a person resumes them; what is queued for them is cancelled."""
    moved = moves.move(
        _of(campaign, ids), "paused", out_of=("waiting", "queued"), reason="Paused by hand"
    )
    return len(moved)


def resume_leads(campaign: Campaign, ids: Iterable[int]) -> int:
    """Paused, stopped or held leads go on with their next step."""
    out_of = ("paused", "stopped", "held", "failed")
    due_at = sa.func.coalesce(CampaignLead.due_at, utcnow())
    moved = moves.move(_of(campaign, ids), "waiting", out_of=out_of, resume_at=None, due_at=due_at)
    if moved:
        reopen_completed(campaign.id)
    return len(moved)


def stop_leads(campaign: Campaign, ids: Iterable[int], reason: str = "Stopped by hand") -> int:
    """End the sequence for these leads."""
    out_of = ("waiting", "queued", "paused", "held")
    return len(moves.move(_of(campaign, ids), "stopped", out_of=out_of, reason=reason))


def remove_leads(campaign: Campaign, ids: Iterable[int]) -> int:
    """Take leads out of the campaign that were never written to; the others are stopped.

    One whose mail may be on its way stays too: enrolled anew, it would be written to twice.
    """
    chosen = _of(campaign, ids)
    stop_leads(campaign, chosen, "Removed from the campaign")
    on_its_way = sa.exists().where(
        Outbox.campaign_lead_id == CampaignLead.id, Outbox.state != "cancelled"
    )
    statement = (
        sa.delete(CampaignLead)
        .where(~on_its_way)
        .where(CampaignLead.id.in_(chosen), CampaignLead.first_sent_at.is_(None))
        .where(CampaignLead.state == "stopped")
    )
    gone = int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]
    campaign.leads_count = Campaign.leads_count - gone
    db.session.flush()
    db.session.refresh(campaign)
    return len(chosen)


def _of(campaign: Campaign, ids: Iterable[int]) -> list[int]:
    """Only those that are in this campaign."""
    statement = sa.select(CampaignLead.id).where(
        CampaignLead.campaign_id == campaign.id, CampaignLead.id.in_(list(ids))
    )
    return list(db.session.scalars(statement))
