"""The steps of an import that jobs take: stage rows, judge them, make leads of them.

Every step is one transaction of its caller and begins with a conditional update of the import:
a second worker, or a run after a crash, finds how far it is and goes on from there.
"""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.core.clock import utcnow
from app.core.db import db
from app.core.events import publish
from app.core.tenancy import require_workspace_id
from app.leads import queries
from app.leads.events import ImportCommitted, ImportRowsChecked, LeadsImported
from app.leads.policies.import_rows import NEW, UPDATE, StagedRow
from app.leads.services.leads import TEXT_FIELDS, on_known_address
from app.models import ImportRow, Lead, LeadImport, Suppression

IMPORTED = (NEW, UPDATE)
NEVER_COMMITTED = "This list was checked but never imported. Please upload it again."


def _advance(import_id: int, state: str, expected: int, values: dict[str, Any]) -> bool:
    """Move the import on if it still stands where the caller saw it."""
    statement = (
        sa.update(LeadImport)
        .where(
            LeadImport.id == import_id,
            LeadImport.state == state,
            LeadImport.rows_done == expected,
        )
        .values(updated_at=utcnow(), **values)
        .execution_options(synchronize_session=False)
    )
    return bool(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def stage_rows(import_id: int, expected: int, rows: Sequence[tuple[int, StagedRow]]) -> bool:
    """Copy rows into staging. False when another worker is at it (nothing is written then)."""
    if not _advance(import_id, "checking", expected, {"rows_done": expected + len(rows)}):
        return False
    workspace_id = require_workspace_id()
    connection = db.session.connection().connection.driver_connection
    assert connection is not None
    # sql: COPY is the only way to a million rows in seconds; the workspace is written explicitly.
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY import_row (workspace_id, import_id, line, email, fields, outcome) FROM STDIN"
        ) as copy,
    ):
        for line, row in rows:
            fields = json.dumps(row.fields, ensure_ascii=False)
            outcome = row.outcome or NEW  # so that judging rewrites only the exceptions
            copy.write_row((workspace_id, import_id, line, row.email, fields, outcome))
    return True


def judge_rows(import_id: int, expected: int) -> bool:
    """Give every staged row its outcome and the import its report. False: somebody else did."""
    if not _advance(import_id, "checking", expected, {"rows_total": expected}):
        return False
    # sql: without statistics of what was just staged the join below takes hours, not seconds.
    db.session.execute(sa.text("ANALYZE import_row"))
    judged = _judged(import_id)
    db.session.execute(
        sa.update(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.line == judged.c.line)
        .where(judged.c.outcome != NEW)
        .values(outcome=judged.c.outcome, lead_id=judged.c.lead_id)
        .execution_options(synchronize_session=False)
    )
    campaign_id = queries.get_import(import_id).campaign_id
    publish(ImportRowsChecked(import_id, campaign_id))
    _finish(import_id, "checked", report=queries.outcome_counts(import_id))
    return True


def _judged(import_id: int) -> sa.Subquery:
    """Row number, outcome and known lead of every row that holds an address."""
    copies = sa.func.row_number().over(partition_by=ImportRow.email, order_by=ImportRow.line)
    rows = (
        sa.select(ImportRow.line, ImportRow.email, ImportRow.workspace_id, copies.label("copy"))
        .where(ImportRow.import_id == import_id, ImportRow.outcome == NEW)
        .subquery()
    )
    domain = sa.func.split_part(rows.c.email, "@", 2)
    blocked = (
        sa.exists(sa.select(1))
        .where(Suppression.workspace_id == rows.c.workspace_id)
        .where(Suppression.value.in_([rows.c.email, domain]))
    )
    outcome = sa.case(
        (rows.c.copy > 1, "duplicate"),
        (blocked, "suppressed"),
        (Lead.id.is_(None), NEW),
        else_=UPDATE,
    )
    same_person = sa.and_(Lead.workspace_id == rows.c.workspace_id, Lead.email == rows.c.email)
    return (
        sa.select(rows.c.line, outcome.label("outcome"), Lead.id.label("lead_id"))
        .select_from(rows)
        .outerjoin(Lead, same_person)
        .subquery()
    )


def take_batch(import_id: int, after: int, last: int) -> bool:
    """Make leads of the rows after `after` up to `last`. False: another worker did.

    While committing, `rows_done` is the number of the last row taken in.
    """
    if not _advance(import_id, "committing", after, {"rows_done": last}):
        return False
    imported = queries.get_import(import_id)
    in_batch = (
        ImportRow.import_id == import_id,
        ImportRow.line > after,
        ImportRow.line <= last,
        ImportRow.outcome.in_(IMPORTED),
    )
    keep = imported.mapping.get("existing") == "keep"
    db.session.execute(on_known_address(_new_leads(import_id, in_batch), keep=keep))
    publish(LeadsImported(import_id, imported.campaign_id, after + 1, last))
    return True


def _new_leads(import_id: int, in_batch: tuple[sa.ColumnElement[bool], ...]) -> Any:
    """INSERT … SELECT of the batch's rows."""
    now = utcnow()
    texts = {name: sa.func.coalesce(ImportRow.fields[name].astext, "") for name in TEXT_FIELDS}
    custom = sa.func.coalesce(ImportRow.fields["custom"], sa.literal({}, JSONB))
    columns = {
        "workspace_id": ImportRow.workspace_id,
        "email": ImportRow.email,
        "domain": sa.func.split_part(ImportRow.email, "@", 2),
        **texts,
        "custom": custom,
        "source": sa.literal("import"),
        "import_id": sa.literal(import_id),
        "created_at": sa.literal(now),
        "updated_at": sa.literal(now),
    }
    # In the order of the file, so that the first people of a list are the first written to.
    rows = sa.select(*columns.values()).where(*in_batch).order_by(ImportRow.line)
    return insert(Lead).from_select(list(columns), rows, include_defaults=False)


def finish_commit(import_id: int) -> None:
    """Every row is in: close the import and tell the rooms above. Again: nothing."""
    imported = queries.get_import(import_id)
    if imported.state != "committing":
        return
    _finish(import_id, "done", finished_at=utcnow())
    publish(ImportCommitted(import_id, imported.campaign_id))


def fail_import(import_id: int, sentence: str) -> None:
    """The file cannot be read after all: say why, drop what was staged."""
    db.session.execute(sa.delete(ImportRow).where(ImportRow.import_id == import_id))
    _finish(import_id, "failed", error=sentence, finished_at=utcnow())


def _finish(import_id: int, state: str, **values: Any) -> None:
    """Set the state of an import that this transaction has already locked."""
    db.session.execute(
        sa.update(LeadImport)
        .where(LeadImport.id == import_id)
        .values(state=state, updated_at=utcnow(), **values)
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def drop_old_rows(older_than: Any) -> int:
    """Forget staged rows of imports that ended long ago, or were checked and never committed.

    The reports stay; an import nobody committed has failed with that. Again: nothing.
    """
    db.session.execute(
        sa.update(LeadImport)
        .where(LeadImport.state == "checked", LeadImport.updated_at < older_than)
        .values(state="failed", error=NEVER_COMMITTED, finished_at=older_than, updated_at=utcnow())
        .execution_options(synchronize_session=False)
    )
    ended = sa.select(LeadImport.id).where(LeadImport.finished_at <= older_than)
    statement = sa.delete(ImportRow).where(ImportRow.import_id.in_(ended))
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]
