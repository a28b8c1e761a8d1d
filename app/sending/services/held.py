"""What a person decides about a mail that was held: send it again, or let it be."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.context import current_actor
from app.core.db import db
from app.core.errors import Conflict
from app.core.jobs import enqueue
from app.leads.queries import find_lead, variables_of
from app.models import Outbox, SendEvent
from app.sending.queries import get_outbox


def resend_held(outbox_id: int) -> None:
    """Put a held or failed mail back into the queue, with its own Message-ID, at any hour.

    It is filled in with what is known of its lead by now: a value may have been missing.
    Errors: NotFound, Conflict when it is not held any more (a second click).
    """
    row = get_outbox(outbox_id)
    _decide(
        row,
        "queued",
        ("held", "failed"),
        attempts=0,
        send_at=utcnow(),
        expires_at=None,
        error_text="",
        variables=_variables(row),
    )
    db.session.add(_event(outbox_id, "resent"))
    enqueue("sending.drain", account_id=row.account_id, once=True)


def _variables(row: Outbox) -> dict[str, Any]:
    """What the text may use: the lead as it is now, else as it was."""
    lead = find_lead(row.lead_id) if row.lead_id else None
    return variables_of(lead) if lead else row.variables


def discard_held(outbox_id: int) -> None:
    """Give a held mail up. Errors: NotFound, Conflict when it is not held any more."""
    row = get_outbox(outbox_id)
    values = {"error_family": "discarded", "announce_due": True}
    _decide(row, "failed", ("held", "uncertain"), **values)
    db.session.add(_event(outbox_id, "discarded"))


def _decide(row: Outbox, state: str, allowed: tuple[str, ...], **values: Any) -> None:
    """Move the row, and make sure by the fence that no worker still has it."""
    statement = (
        sa.update(Outbox)
        .where(Outbox.id == row.id, Outbox.state.in_(allowed))
        .values(state=state, fence=Outbox.fence + 1, checks=0, next_check_at=None, **values)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("This mail is not held any more.")
    db.session.expire(row)


def _event(outbox_id: int, kind: str) -> SendEvent:
    by = current_actor().user_id
    return SendEvent(outbox_id=outbox_id, kind=kind, detail={"by": by} if by else {})
