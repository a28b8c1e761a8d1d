"""Jobs of the leads room: the dry run and the commit of an import, and the sweeper for both."""

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from app.core.blobs import BlobMissing, open_blob
from app.core.clock import utcnow
from app.core.jobs import Queue, enqueue, job
from app.core.tenancy import unscoped, workspace_context
from app.core.transactions import unit_of_work
from app.leads import queries
from app.leads.list_reader import read_batches
from app.leads.policies.import_rows import Columns, columns_of, staged_rows
from app.leads.policies.list_file import Dialect, NotAList
from app.leads.services import staging

STAGE_BATCHES = 40  # of the reader, in one transaction
TAKE_BATCH = 25_000
HALF_AN_HOUR = 1800


@job("leads.check_import", queue=Queue.BULK, timeout=HALF_AN_HOUR)
def check_import(import_id: int) -> None:
    """Dry run: read the file into staging and judge every row. Goes on where it was left."""
    with unit_of_work():
        imported = queries.get_import(import_id)
        if imported.state != "checking":
            return
        if not staging.is_staged(imported):
            staging.begin_again(imported)
        blob, done = imported.blob, imported.rows_done
        dialect = Dialect.from_json(imported.dialect)
        columns = columns_of(imported.mapping["columns"], imported.mapping["names"])
    try:
        with open_blob(blob) as file:
            batches = _batches_after(done, file, dialect, columns)
            count: int | None = -1
            while count:
                with unit_of_work():
                    count = staging.stage_rows(import_id, done, islice(batches, STAGE_BATCHES))
                done += count or 0
            if count is None:
                return
    except (NotAList, BlobMissing) as error:
        sentence = str(error) if isinstance(error, NotAList) else "The uploaded file is gone."
        with unit_of_work():
            staging.fail_import(import_id, sentence)
        return
    with unit_of_work():
        staging.judge_rows(import_id, done)


def _batches_after(
    done: int, file: BinaryIO, dialect: Dialect, columns: Columns
) -> Iterator[staging.Batch]:
    """What is to be staged of every row but the first `done`, with their numbers."""
    for numbers, rows in read_batches(file, dialect):
        if done < len(rows):
            yield numbers[done:], staged_rows(rows[done:], columns)
        done = max(0, done - len(rows))


@job("leads.commit_import", queue=Queue.BULK, timeout=HALF_AN_HOUR)
def commit_import(import_id: int) -> None:
    """Make leads of the checked rows, batch by batch. Goes on where it was left."""
    while True:
        with unit_of_work():
            imported = queries.get_import(import_id)
            if imported.state != "committing":
                return
            if not staging.is_staged(imported):
                staging.fail_import(import_id, staging.LOST)
                return
            after = imported.rows_done
            last = queries.last_line_of_batch(import_id, after, TAKE_BATCH)
            if last is None:
                staging.finish_commit(import_id)
                return
            if not staging.take_batch(import_id, after, last):
                return


@job("leads.sweep_imports", every=60)
def sweep_imports() -> None:
    """Ring again for imports that nobody works on, and forget old staging rows."""
    now = utcnow()
    with unscoped("imports of every workspace are swept"), unit_of_work():
        stalled = queries.stalled_imports(now)
        staging.drop_old_rows(now - queries.KEEP_ROWS)
    for workspace_id, import_id, state in stalled:
        name = "leads.check_import" if state == "checking" else "leads.commit_import"
        with workspace_context(workspace_id):
            enqueue(name, import_id=import_id, once=True)
