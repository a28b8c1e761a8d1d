"""The steps of an import that jobs take: stage rows, judge them, make leads of them.

Every step is one transaction of its caller and begins with a conditional update of the import:
a second worker, or a run after a crash, finds how far it is and goes on from there.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.exc import IntegrityError

from app.core.clock import utcnow
from app.core.db import db
from app.core.events import publish
from app.core.tenancy import require_workspace_id
from app.leads import queries
from app.leads.events import ImportCommitted, ImportRowsChecked, LeadsImported
from app.leads.policies.import_rows import NEW, STAGED, UPDATE, taken_outcomes
from app.leads.policies.mapping import TEXT_FIELDS
from app.leads.services.leads import on_known_address
from app.models import ImportRow, Lead, LeadImport, Suppression

# sql: COPY is the only way to a million rows in seconds; the workspace is written explicitly.
COPY = f"COPY import_row (workspace_id, import_id, line, {', '.join(STAGED)}) FROM STDIN"
Row = tuple[str, ...]  # the values of STAGED
Batch = tuple[Sequence[int], Iterable[Row]]
LOST = (
    "The database was stopped by force while this list was on its way in. Please check it again;"
    " whoever was taken in already is known then."
)
NEVER_COMMITTED = (
    "It was checked but not imported within 30 days. No lead was changed. Please check it again."
)
NOT_THE_FILE = (LOST, NEVER_COMMITTED)  # nothing is wrong with the file of these


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


def stage_rows(import_id: int, expected: int, batches: Iterable[Batch]) -> int | None:
    """Copy rows, with their numbers, into staging; how many. None: another worker is at it."""
    if not _advance(import_id, "checking", expected, {}):
        return None
    head = f"{require_workspace_id()}\t{import_id}\t"
    connection = db.session.connection().connection.driver_connection
    assert connection is not None
    with connection.cursor() as cursor:
        with cursor.copy(COPY) as copy:
            for numbers, rows in batches:
                _write(copy, head, numbers, list(rows))
        count: int = cursor.rowcount
    _advance(import_id, "checking", expected, {"rows_done": expected + count})
    return count


def _write(copy: psycopg.Copy, head: str, numbers: Sequence[int], rows: Sequence[Row]) -> None:
    """Write rows at once, or one by one where a cell holds what COPY gives a meaning to."""
    lines = zip(numbers, map("\t".join, rows), strict=True)
    text = "".join([f"{head}{line}\t{cells}\n" for line, cells in lines])
    signs = len(rows) * (len(STAGED) + 2), len(rows), 0, 0  # only those that are ours
    if tuple(map(text.count, "\t\n\r\\")) == signs:
        copy.write(text)
        return
    ids = head.split()
    for line, row in zip(numbers, rows, strict=True):
        copy.write_row((*ids, line, *row))


def judge_rows(import_id: int, expected: int) -> bool:
    """Give every staged row its outcome and the import its report. False: somebody else did."""
    if not _advance(import_id, "checking", expected, {"rows_total": expected}):
        return False
    # sql: without statistics of what was just staged the join below takes hours, not seconds.
    db.session.execute(sa.text("ANALYZE import_row"))
    # sql: a million addresses are sorted in memory; for this transaction only.
    db.session.execute(sa.text("SET LOCAL work_mem = '128MB'"))
    _mark_copies(import_id)
    _mark_known(import_id)
    _mark_suppressed(import_id)
    campaign_id = queries.get_import(import_id).campaign_id
    publish(ImportRowsChecked(import_id, campaign_id))
    _finish(import_id, "checked", report=queries.outcome_counts(import_id))
    return True


def _mark_copies(import_id: int) -> None:
    """Of rows with one address the first counts."""
    before = sa.func.lag(ImportRow.email).over(order_by=(ImportRow.email, ImportRow.line))
    rows = sa.select(ImportRow.line, ImportRow.email, before.label("before"))
    found = rows.where(ImportRow.import_id == import_id, ImportRow.outcome == NEW).subquery()
    same = (ImportRow.line == found.c.line, found.c.email == found.c.before)
    _mark(import_id, *same, outcome="duplicate")


def _mark_known(import_id: int) -> None:
    """Rows of people who are leads already. The wall does not reach what an UPDATE joins."""
    here = Lead.workspace_id == ImportRow.workspace_id
    same = (here, ImportRow.email == Lead.email, ImportRow.outcome == NEW)
    _mark(import_id, *same, outcome=UPDATE, lead_id=Lead.id)


def _mark_suppressed(import_id: int) -> None:
    """Rows of people who must not be contacted, by address or by domain."""
    here = Suppression.workspace_id == ImportRow.workspace_id
    wanted = ImportRow.outcome.in_([NEW, UPDATE])
    for kind, value in (("email", ImportRow.email), ("domain", _domain(ImportRow.email))):
        same = (here, wanted, Suppression.kind == kind, Suppression.value == value)
        _mark(import_id, *same, outcome="suppressed")


def _mark(import_id: int, *which: sa.ColumnElement[bool], **values: Any) -> None:
    """Give rows of an import another outcome; the conditions join what else they name."""
    db.session.execute(
        sa.update(ImportRow)
        .where(ImportRow.import_id == import_id, *which)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _domain(email: Any) -> sa.ColumnElement[str]:
    return sa.func.split_part(email, "@", 2)


def take_batch(import_id: int, after: int, last: int) -> bool:
    """Make leads of the rows after `after` up to `last`. False: another worker did.

    While committing, `rows_done` is the number of the last row taken in.
    """
    if not _advance(import_id, "committing", after, {"rows_done": last}):
        return False
    imported = queries.get_import(import_id)
    batch = (ImportRow.import_id == import_id, ImportRow.line > after, ImportRow.line <= last)
    keep = imported.mapping.get("existing") == "keep"
    already = [outcome for outcome in taken_outcomes(imported.mapping) if outcome != NEW]
    new, known = (
        _new_leads(import_id, *batch, ImportRow.outcome.in_(outcomes))
        for outcomes in ([NEW], already)
    )
    try:
        with db.session.begin_nested():  # looking for conflicts costs a quarter of the insert
            db.session.execute(new)
    except IntegrityError:  # one of them became known since the check
        db.session.execute(on_known_address(new, keep=keep))
    db.session.execute(on_known_address(known, keep=keep))
    publish(LeadsImported(import_id, imported.campaign_id, after + 1, last))
    return True


def _new_leads(import_id: int, *batch: sa.ColumnElement[bool]) -> Insert:
    """INSERT … SELECT of these rows."""
    now = utcnow()
    columns = {
        "workspace_id": ImportRow.workspace_id,
        "email": ImportRow.email,
        "domain": _domain(ImportRow.email),
        **{name: getattr(ImportRow, name) for name in TEXT_FIELDS},
        "custom": ImportRow.custom,
        "source": sa.literal("import"),
        "import_id": sa.literal(import_id),
        "created_at": sa.literal(now),
        "updated_at": sa.literal(now),
    }
    # In the order of the file, so that the first people of a list are the first written to.
    rows = sa.select(*columns.values()).where(*batch).order_by(ImportRow.line)
    return insert(Lead).from_select(list(columns), rows, include_defaults=False)


def begin_again(imported: LeadImport) -> None:
    """Let the file be read from its first row once more, unless a worker is at it."""
    if _advance(imported.id, "checking", imported.rows_done, {"rows_done": 0}):
        db.session.execute(sa.delete(ImportRow).where(ImportRow.import_id == imported.id))
    db.session.expire(imported)


def is_staged(imported: LeadImport) -> bool:
    """Whether staging holds what the import says; a crash of the database empties it whole."""
    expected = imported.rows_done if imported.state == "checking" else imported.rows_total
    return expected == 0 or queries.has_staged_rows(imported.id)


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
    ended = sa.select(LeadImport.id).where(
        LeadImport.finished_at <= older_than, LeadImport.state.in_(["done", "failed"])
    )
    statement = sa.delete(ImportRow).where(ImportRow.import_id.in_(ended))
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]
