"""Leads that come a few at a time: from a program or from a form."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, insert

from app.core.clock import utcnow
from app.core.db import db
from app.core.tenancy import require_workspace_id
from app.leads.policies.addresses import domain_of
from app.leads.policies.mapping import TEXT_FIELDS
from app.leads.queries import leads_by_email, suppressed_emails
from app.leads.schemas import LeadInput
from app.models import Lead


@dataclass(frozen=True)
class UpsertResult:
    """What became of the rows: lead ids in order, and how many of what."""

    lead_ids: list[int]
    counts: dict[str, int] = field(default_factory=dict)


def upsert_leads(
    rows: Sequence[LeadInput], *, source: str = "api", keep_existing: bool = False
) -> UpsertResult:
    """Add leads or fill in what is new about known ones; doubles and suppressed ones are skipped.

    Safe to repeat: the address decides.
    """
    by_email = {row.email: row for row in rows}
    suppressed = suppressed_emails(by_email)
    known = leads_by_email(by_email)
    wanted = {email: row for email, row in by_email.items() if email not in suppressed}
    if wanted:
        values = [_values(row, source) for row in wanted.values()]
        db.session.execute(on_known_address(insert(Lead).values(values), keep=keep_existing))
    ids = leads_by_email(wanted)
    counts = {
        "new": sum(email not in known for email in wanted),
        "update": sum(email in known for email in wanted),
        "duplicate": len(rows) - len(by_email),
        "suppressed": len(suppressed),
    }
    return UpsertResult([ids[email] for email in wanted], counts)


def _values(row: LeadInput, source: str) -> dict[str, Any]:
    """The columns of one lead."""
    now = utcnow()
    return {
        "workspace_id": require_workspace_id(),
        "email": row.email,
        "domain": domain_of(row.email),
        **{name: getattr(row, name) for name in TEXT_FIELDS},
        "custom": row.custom,
        "source": source,
        "created_at": now,
        "updated_at": now,
    }


def on_known_address(statement: Insert, *, keep: bool) -> Insert:
    """What an insert of leads does when the address is known: nothing, or fill in what is given."""
    target = ["workspace_id", "email"]
    if keep:
        return statement.on_conflict_do_nothing(index_elements=target)
    new = statement.excluded
    filled = {
        name: sa.func.coalesce(sa.func.nullif(new[name], ""), getattr(Lead, name))
        for name in TEXT_FIELDS
    }
    return statement.on_conflict_do_update(
        index_elements=target,
        set_={**filled, "custom": Lead.custom.op("||")(new.custom), "updated_at": utcnow()},
    )
