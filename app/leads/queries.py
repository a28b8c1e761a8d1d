"""Reads of leads, imports and the do-not-contact list."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import SEARCH_COUNTED, Page, count_rows, keyset_page
from app.leads.policies.addresses import domain_of
from app.leads.policies.import_rows import taken_outcomes
from app.models import ImportRow, Lead, LeadImport, Suppression

RUNNING = ("checking", "committing")
STALLED_AFTER = timedelta(minutes=1)
KEEP_ROWS = timedelta(days=30)


def get_lead(lead_id: int) -> Lead:
    """Errors: NotFound."""
    lead = find_lead(lead_id)
    if lead is None:
        raise NotFound("This lead does not exist.")
    return lead


def find_lead(lead_id: int) -> Lead | None:
    """The lead, if it is still there."""
    return db.session.scalar(sa.select(Lead).where(Lead.id == lead_id))


def find_lead_by_email(email: str) -> Lead | None:
    """The lead with this address, if there is one."""
    return db.session.scalar(sa.select(Lead).where(Lead.email == email.strip().lower()))


def leads_by_email(emails: Iterable[str]) -> dict[str, int]:
    """Lead ids by address."""
    statement = sa.select(Lead.email, Lead.id).where(Lead.email.in_(list(emails)))
    return {row.email: row.id for row in db.session.execute(statement)}


def list_leads(
    search: str = "", cursor: str | None = None, limit: int = 50, offset: int = 0
) -> Page[Lead]:
    """Leads, the newest first."""
    statement = sa.select(Lead)
    if search.strip():
        statement = statement.where(matches(search))
    return keyset_page(statement, (Lead.created_at, Lead.id), cursor, limit=limit, offset=offset)


def count_leads(search: str = "") -> int:
    """How many leads there are; of those that match, 10,000 at most."""
    if search.strip():
        return count_rows(sa.select(Lead.id).where(matches(search)), SEARCH_COUNTED)
    return count_rows(sa.select(Lead.id))


def matches(search: str) -> sa.ColumnElement[bool]:
    """Every word of the search stands somewhere in address, name or company."""
    text = sa.func.concat_ws(" ", Lead.email, Lead.first_name, Lead.last_name, Lead.company)
    return sa.and_(*(text.icontains(word, autoescape=True) for word in search.split()[:6]))


def has_leads() -> bool:
    """Whether the workspace knows anybody."""
    return db.session.scalar(sa.select(sa.exists(sa.select(Lead.id)))) or False


def get_import(import_id: int) -> LeadImport:
    """Errors: NotFound."""
    found = db.session.scalar(sa.select(LeadImport).where(LeadImport.id == import_id))
    if found is None:
        raise NotFound("This import does not exist.")
    return found


def recent_imports(campaign_id: int | None = None, limit: int = 5) -> list[LeadImport]:
    """The latest imports, of one campaign or of the whole workspace."""
    statement = sa.select(LeadImport).order_by(LeadImport.id.desc()).limit(limit)
    if campaign_id is not None:
        statement = statement.where(LeadImport.campaign_id == campaign_id)
    return list(db.session.scalars(statement))


def stalled_imports(now: datetime) -> list[tuple[int, int, str]]:
    """(workspace, import, state) of imports nobody works on; needs `unscoped`."""
    statement = sa.select(LeadImport.workspace_id, LeadImport.id, LeadImport.state).where(
        LeadImport.state.in_(RUNNING), LeadImport.updated_at < now - STALLED_AFTER
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(statement)]


def outcome_counts(import_id: int) -> dict[str, int]:
    """How many rows of an import have which outcome."""
    statement = (
        sa.select(ImportRow.outcome, sa.func.count())
        .where(ImportRow.import_id == import_id)
        .group_by(ImportRow.outcome)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def has_staged_rows(import_id: int) -> bool:
    """Whether rows of an import are in staging."""
    found = sa.select(ImportRow.line).where(ImportRow.import_id == import_id)
    return db.session.scalar(sa.select(found.exists())) or False


def last_line_of_batch(import_id: int, after: int, size: int) -> int | None:
    """The last row number of the next `size` rows; None when there are none left."""
    batch = (
        sa.select(ImportRow.line)
        .where(ImportRow.import_id == import_id, ImportRow.line > after)
        .order_by(ImportRow.line)
        .limit(size)
        .subquery()
    )
    last: int | None = db.session.scalar(sa.select(sa.func.max(batch.c.line)))
    return last


def skipped_rows(imported: LeadImport, batch: int = 5000) -> Iterator[ImportRow]:
    """The rows that are not taken in, in file order, read in batches."""
    import_id, taken = imported.id, taken_outcomes(imported.mapping)
    after = 0
    while True:
        statement = (
            sa.select(ImportRow)
            .where(ImportRow.import_id == import_id, ImportRow.line > after)
            .where(ImportRow.outcome.notin_([*taken, ""]))
            .order_by(ImportRow.line)
            .limit(batch)
        )
        rows = list(db.session.scalars(statement))
        yield from rows
        if len(rows) < batch:
            return
        after = rows[-1].line
        db.session.expunge_all()


def suppressed_emails(emails: Iterable[str]) -> set[str]:
    """Those of these addresses that must not be contacted, by address or by domain."""
    by_value: dict[str, list[str]] = {}
    for email in {email.lower() for email in emails}:
        by_value.setdefault(email, []).append(email)
        by_value.setdefault(domain_of(email), []).append(email)
    if not by_value:
        return set()
    statement = sa.select(Suppression.value).where(Suppression.value.in_(by_value))
    return {email for value in db.session.scalars(statement) for email in by_value[value]}


def list_suppressions(search: str = "", cursor: str | None = None) -> Page[Suppression]:
    """The do-not-contact list, the newest first."""
    statement = sa.select(Suppression)
    if search.strip():
        statement = statement.where(Suppression.value.icontains(search.strip(), autoescape=True))
    return keyset_page(statement, (Suppression.created_at, Suppression.id), cursor)


def get_suppression(suppression_id: int) -> Suppression:
    """Errors: NotFound."""
    found = db.session.scalar(sa.select(Suppression).where(Suppression.id == suppression_id))
    if found is None:
        raise NotFound("This entry does not exist.")
    return found


def palette_leads(search: str, limit: int = 5) -> list[Lead]:
    """Leads for the command palette."""
    statement = sa.select(Lead).where(matches(search)).order_by(Lead.id.desc()).limit(limit)
    return list(db.session.scalars(statement))


def variables_of(lead: Lead) -> dict[str, Any]:
    """What a mail to this lead may use: its fields and its custom fields by their own names."""
    plain = {
        "email": lead.email,
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "company": lead.company,
        "title": lead.title,
        "phone": lead.phone,
        "website": lead.website,
    }
    return {**lead.custom, **plain}


def custom_field_names(sample: int = 200) -> list[str]:
    """Names of custom fields in use, from the newest leads: for menus, not for truth."""
    newest = sa.select(Lead.custom).order_by(Lead.created_at.desc(), Lead.id.desc()).limit(sample)
    names: dict[str, None] = {}
    for custom in db.session.scalars(newest):
        names.update(dict.fromkeys(custom))
    return sorted(names)
