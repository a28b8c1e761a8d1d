"""Moves of campaign leads from state to state: conditional updates, each effect once.

A lead that leaves the running states takes its queued mail with it, in the same transaction; that
is how a stop is obeyed whatever a worker is about to do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.campaigns.queries.campaigns import LIVE_STATES
from app.core.clock import utcnow
from app.core.db import db
from app.models import CampaignLead
from app.sending.services import cancel_queued

#: A reply may still come when the sequence is over, or after somebody stopped it.
BEFORE_REPLY = (*LIVE_STATES, "completed", "failed", "stopped")
BEFORE_UNSUBSCRIBE = (*BEFORE_REPLY, "replied")
BEFORE_BOUNCE = (*LIVE_STATES, "completed", "failed", "stopped")


@dataclass(frozen=True)
class Moved:
    """A campaign lead that changed its state just now."""

    id: int
    campaign_id: int
    was: str


def move(
    ids: Iterable[int], state: str, *, out_of: Sequence[str], reason: str = "", **values: Any
) -> list[Moved]:
    """Change the state of those leads that are in one of `out_of`; the ones that moved.

    What is queued for them is cancelled unless the new state is `queued`. Again: moves nobody.
    """
    wanted = list(ids)
    if not wanted:
        return []
    return _move(CampaignLead.id.in_(wanted), state, out_of, reason, values)


def move_where(
    condition: sa.ColumnElement[bool],
    state: str,
    *,
    out_of: Sequence[str],
    reason: str = "",
    **values: Any,
) -> list[Moved]:
    """The same for leads picked by a condition."""
    return _move(condition, state, out_of, reason, values)


def _move(
    condition: sa.ColumnElement[bool],
    state: str,
    out_of: Sequence[str],
    reason: str,
    values: dict[str, Any],
) -> list[Moved]:
    """The update, then the mails that must not leave."""
    before = (
        sa.select(CampaignLead.id, CampaignLead.state)
        .where(condition, CampaignLead.state.in_(out_of))
        .with_for_update()
        .cte("before")
    )
    statement = (
        sa.update(CampaignLead)
        .where(CampaignLead.id == before.c.id)
        .values(state=state, state_reason=reason, state_changed_at=utcnow(), **values)
        .returning(CampaignLead.id, CampaignLead.campaign_id, before.c.state)
        .execution_options(synchronize_session=False)
    )
    rows = [Moved(*row) for row in db.session.execute(statement)]
    db.session.expire_all()
    if rows and state != "queued" and "queued" in out_of:
        cancel_queued(campaign_lead_ids=[row.id for row in rows], reason=reason or state)
    return rows


def mark_once(lead_id: int, column: str, at: datetime, event: str) -> int | None:
    """Set a first-time column (opened_at, replied_at …) if it is empty; the campaign's id then."""
    field = getattr(CampaignLead, column)
    statement = (
        sa.update(CampaignLead)
        .where(CampaignLead.id == lead_id, field.is_(None))
        .values(**{column: at, "last_event": event, "last_event_at": at})
        .returning(CampaignLead.campaign_id)
        .execution_options(synchronize_session=False)
    )
    campaign_id = db.session.scalar(statement)
    db.session.expire_all()
    return campaign_id


def no_longer_finished(moved: Iterable[Moved]) -> int:
    """How many of them had been sent every step: they count as something else now."""
    return sum(one.was == "completed" for one in moved)


def back_to_waiting(ids: Iterable[int], *, due_at: datetime | None = None) -> list[Moved]:
    """Queued leads whose mail was taken back wait again, for the same step."""
    values: dict[str, Any] = {"due_at": due_at} if due_at is not None else {}
    return move(ids, "waiting", out_of=("queued",), **values)


def resume_after_pause(now: datetime) -> int:
    """Leads whose pause (out of office) is over wait for their next step again."""
    statement = (
        sa.update(CampaignLead)
        .where(CampaignLead.state == "paused", CampaignLead.resume_at <= now)
        .values(
            state="waiting",
            state_reason="",
            state_changed_at=now,
            due_at=sa.func.greatest(CampaignLead.due_at, CampaignLead.resume_at),
            resume_at=None,
        )
        .execution_options(synchronize_session=False)
    )
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]
