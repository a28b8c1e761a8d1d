"""An uploaded list on its way in, as a person moves it: upload, map, check, commit, discard.

The work itself is done by jobs; here only the state of the import moves, by conditional updates,
so that a second click finds the work already begun.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from app.core.blobs import open_blob, put_stream
from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import Conflict, Invalid, TooLarge
from app.core.jobs import enqueue
from app.leads.list_reader import Look, look_again, look_at
from app.leads.policies.list_file import MAX_BYTES, Dialect, NotAList
from app.leads.policies.mapping import check_mapping, guess_mapping
from app.leads.queries import get_import
from app.leads.schemas import MappingInput
from app.models import ImportRow, Lead, LeadImport


def start_import(
    *, filename: str, chunks: Iterable[bytes], campaign_id: int | None, user_id: int | None
) -> LeadImport:
    """Store the file and guess what it holds. Errors: TooLarge, Invalid (no list, with the reason)."""
    size, blob = _store(chunks)
    try:
        with open_blob(blob) as file:
            found = look_at(file)
    except NotAList as error:
        raise Invalid({"file": [str(error)]}, str(error)) from error
    imported = LeadImport(
        filename=filename[:200] or "list.csv",
        blob=blob,
        size=size,
        campaign_id=campaign_id,
        created_by_id=user_id,
        state="uploaded",
        dialect=found.dialect.as_json(),
        mapping=_mapping(found, guess_mapping(found.names, found.rows)),
    )
    db.session.add(imported)
    db.session.flush()
    return imported


def _store(chunks: Iterable[bytes]) -> tuple[int, str]:
    """Size and blob of an upload; it is cut off at the limit. Errors: TooLarge."""
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_BYTES:
                limit = MAX_BYTES // 1024**2
                raise TooLarge(
                    f"The file is larger than {limit} MB. Split it and upload the parts."
                )
            yield chunk

    blob = put_stream(counted())
    return size, blob


def _mapping(found: Look, columns: list[str], existing: str = "update") -> dict[str, Any]:
    """The stored form of a mapping, with the names that belong to it."""
    return {"columns": columns, "names": found.names, "existing": existing}


def look(imported: LeadImport, dialect: Dialect | None = None) -> Look:
    """The first rows of the stored file. Errors: Invalid when it cannot be read in this dialect."""
    try:
        with open_blob(imported.blob) as file:
            return look_again(file, dialect or Dialect.from_json(imported.dialect))
    except NotAList as error:
        raise Invalid({"file": [str(error)]}, str(error)) from error


def choose_mapping(imported: LeadImport, form: MappingInput) -> None:
    """Keep what the person chose and begin the dry run. Again before the commit: checks anew.

    Errors: Invalid (no address column, a field twice), Conflict (already committing).
    """
    dialect = Dialect(form.encoding, form.delimiter, form.has_header)
    found = look(imported, dialect)
    columns = form.column
    if len(columns) != len(found.names):  # read in another dialect, so these are other columns
        columns = guess_mapping(found.names, found.rows)
    problem = check_mapping(columns)
    if problem:
        raise Invalid({"column": [problem]})
    values = {
        "state": "checking",
        "dialect": dialect.as_json(),
        "mapping": _mapping(found, columns, form.existing),
        "report": {},
        "rows_done": 0,
        "rows_total": 0,
        "error": "",
        "finished_at": None,
    }
    _move(imported, ("uploaded", "checked", "failed"), values)
    db.session.execute(sa.delete(ImportRow).where(ImportRow.import_id == imported.id))
    enqueue("leads.check_import", import_id=imported.id, once=True)


def commit_import(imported: LeadImport) -> None:
    """Begin to take the checked rows in. A second call changes nothing. Errors: Conflict."""
    if imported.state in ("committing", "done"):
        return
    _move(imported, ("checked",), {"state": "committing", "rows_done": 0})
    enqueue("leads.commit_import", import_id=imported.id, once=True)


def discard_import(imported: LeadImport) -> None:
    """Forget a list that was not taken in. Errors: Conflict when it already is."""
    if imported.state in ("committing", "done"):
        raise Conflict("These leads have already been imported.")
    # First the list: a worker that is at it commits before that, and its rows can be seen then.
    db.session.delete(imported)
    db.session.flush()
    db.session.execute(sa.delete(ImportRow).where(ImportRow.import_id == imported.id))
    if imported.rows_total:  # only part of it may have been taken in before it was lost
        _forget_import(imported.id)


def _forget_import(import_id: int) -> None:
    """Leads that came with a list which is gone are leads all the same."""
    db.session.execute(
        sa.update(Lead)
        .where(Lead.import_id == import_id)
        .values(import_id=None)
        .execution_options(synchronize_session=False)
    )


def _move(imported: LeadImport, allowed: tuple[str, ...], values: dict[str, Any]) -> None:
    """Change the import only out of an allowed state. Errors: Conflict."""
    statement = (
        sa.update(LeadImport)
        .where(LeadImport.id == imported.id, LeadImport.state.in_(allowed))
        .values(updated_at=utcnow(), **values)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("This import has moved on in the meantime. Reload the page to see it.")
    db.session.expire(imported)
    get_import(imported.id)
