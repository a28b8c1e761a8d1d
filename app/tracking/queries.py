"""Reads for the public pages and for the job that judges hits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.models import Outbox, TrackedLink, TrackingHit

JUDGED = ("open", "click")


def link_target(link_id: int) -> tuple[int, str] | None:
    """(workspace, target) of a stored link; needs `unscoped`, the token names it."""
    statement = sa.select(TrackedLink.workspace_id, TrackedLink.url).where(
        TrackedLink.id == link_id
    )
    row = db.session.execute(statement).first()
    return (row[0], row[1]) if row else None


def mail_of_token(outbox_id: int) -> Outbox | None:
    """The mail a token names; needs `unscoped`."""
    return db.session.scalar(sa.select(Outbox).where(Outbox.id == outbox_id))


def workspaces_with_hits() -> list[int]:
    """Workspaces with hits nobody judged yet; needs `unscoped`."""
    statement = (
        sa.select(TrackingHit.workspace_id)
        .where(TrackingHit.processed_at.is_(None), TrackingHit.kind.in_(JUDGED))
        .distinct()
    )
    return list(db.session.scalars(statement))


def hits_to_judge(limit: int, clicks_before: datetime) -> Sequence[TrackingHit]:
    """The oldest hits nobody judged yet, locked for this worker; clicks when they are settled."""
    settled = sa.or_(TrackingHit.kind == "open", TrackingHit.at <= clicks_before)
    statement = (
        sa.select(TrackingHit)
        .where(TrackingHit.processed_at.is_(None), TrackingHit.kind.in_(JUDGED), settled)
        .order_by(TrackingHit.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return db.session.scalars(statement).all()


def mails_of(hits: Iterable[TrackingHit]) -> dict[int, Any]:
    """What the judge and the events need of each mail that was hit."""
    statement = sa.select(
        Outbox.id,
        Outbox.kind,
        Outbox.campaign_id,
        Outbox.campaign_lead_id,
        Outbox.lead_id,
        Outbox.sent_at,
    ).where(Outbox.id.in_({hit.outbox_id for hit in hits}))
    return {row.id: row for row in db.session.execute(statement)}


def clicks_of(outbox_ids: Iterable[int]) -> dict[int, list[tuple[int | None, datetime]]]:
    """Every click of these mails: which link, when."""
    statement = sa.select(TrackingHit.outbox_id, TrackingHit.link_id, TrackingHit.at).where(
        TrackingHit.outbox_id.in_(list(outbox_ids)), TrackingHit.kind == "click"
    )
    clicks: dict[int, list[tuple[int | None, datetime]]] = defaultdict(list)
    for row in db.session.execute(statement):
        clicks[row.outbox_id].append((row.link_id, row.at))
    return clicks


def has_unsubscribed(outbox_id: int) -> bool:
    """Whether somebody used the unsubscribe link of this mail."""
    statement = sa.select(TrackingHit.id).where(
        TrackingHit.outbox_id == outbox_id, TrackingHit.kind == "unsubscribe"
    )
    return db.session.scalar(sa.select(statement.exists())) or False
