"""Taking mail out of the outbox before it leaves. A stop that is committed is always obeyed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core.clock import utcnow
from app.core.db import db
from app.core.tenancy import require_workspace_id
from app.models import Outbox, SendEvent


def cancel_queued(
    *,
    campaign_lead_ids: Sequence[int] | None = None,
    campaign_id: int | None = None,
    outbox_ids: Sequence[int] | None = None,
    reason: str,
) -> list[int]:
    """Cancel the queued mails of campaign leads or of a whole campaign, in this transaction.

    The campaign leads concerned. Mail that a worker has claimed already leaves; nothing that is
    still queued, or comes back into the queue, can be claimed once this is committed. Again:
    changes nothing.
    """
    match: list[sa.ColumnElement[bool]] = [Outbox.kind == "campaign"]
    if campaign_lead_ids is not None:
        match.append(Outbox.campaign_lead_id.in_(campaign_lead_ids))
    if campaign_id is not None:
        match.append(Outbox.campaign_id == campaign_id)
    if outbox_ids is not None:
        match = [Outbox.id.in_(outbox_ids)]
    if len(match) == 1 and outbox_ids is None:
        raise ValueError("say what to cancel")
    return _cancel(match, reason, announce=False)


def drop_suppressed(*, email: str = "", domain: str = "") -> list[int]:
    """Cancel what is queued for an address, or a whole domain, that must not be contacted."""
    match: list[sa.ColumnElement[bool]] = [Outbox.kind == "campaign"]
    if email:
        match.append(sa.func.lower(Outbox.to_email) == email.lower())
    else:
        match.append(sa.func.split_part(sa.func.lower(Outbox.to_email), "@", 2) == domain.lower())
    return _cancel(match, "suppressed", announce=True)


def drop_queued_of_account(account_id: int) -> list[int]:
    """Cancel everything queued on an account that was removed."""
    return _cancel([Outbox.account_id == account_id], "removed", announce=True)


def _cancel(match: Sequence[Any], reason: str, *, announce: bool) -> list[int]:
    now = utcnow()
    waits = Outbox.state == "queued"
    # One statement: a row that changes hands meanwhile is judged by what it has become. What a
    # worker holds may come back into the queue; past its time, it is dropped by the next claim.
    statement = (
        sa.update(Outbox)
        .where(Outbox.state.in_(["queued", "sending", "uncertain"]), *match)
        .values(
            state=sa.case((waits, "cancelled"), else_=Outbox.state),
            error_family=sa.case((waits, reason), else_=Outbox.error_family),
            announce_due=sa.case((waits, announce), else_=Outbox.announce_due),
            expires_at=sa.case((waits, Outbox.expires_at), else_=now - timedelta(seconds=1)),
            updated_at=sa.case((waits, now), else_=Outbox.updated_at),
        )
        .returning(Outbox.id, Outbox.campaign_lead_id, Outbox.state)
        .execution_options(synchronize_session=False)
    )
    rows = [row for row in db.session.execute(statement) if row.state == "cancelled"]
    if rows:
        notes = [
            {
                "workspace_id": require_workspace_id(),
                "outbox_id": row.id,
                "kind": "cancelled",
                "detail": {"reason": reason},
            }
            for row in rows
        ]
        db.session.execute(insert(SendEvent), notes)
    return [row.campaign_lead_id for row in rows if row.campaign_lead_id is not None]
