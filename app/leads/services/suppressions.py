"""The do-not-contact list: addresses and whole domains."""

from sqlalchemy.dialects.postgresql import insert

from app.core.clock import utcnow
from app.core.db import db
from app.core.events import publish
from app.core.tenancy import require_workspace_id
from app.leads.events import LeadSuppressed
from app.models import Suppression


def suppress(value: str, *, reason: str, source: str = "") -> None:
    """Never contact this address, or anybody at this domain, again.

    Publishes LeadSuppressed, so running campaigns stop in the same transaction. Again: keeps the
    first reason. `value` must be in plain form (see policies.addresses).
    """
    kind = "email" if "@" in value else "domain"
    statement = insert(Suppression).values(
        workspace_id=require_workspace_id(),
        kind=kind,
        value=value.lower(),
        reason=reason,
        source=source,
        created_at=utcnow(),
    )
    db.session.execute(statement.on_conflict_do_nothing())
    publish(LeadSuppressed(**{kind: value.lower()}, reason=reason))


def allow_again(entry: Suppression) -> None:
    """Take an entry off the list. Leads that were stopped by it stay stopped."""
    db.session.delete(entry)
