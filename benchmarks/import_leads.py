"""A list of 1,000,000 rows and 8 columns, dry run and commit, against a plain COPY of the file.

A tenth of the rows repeat others; the workspace knows as many leads already. The argument changes
the number of rows.
"""

from __future__ import annotations

import csv
import io
import statistics
import sys
import time
from typing import Any

import sqlalchemy as sa

from benchmarks.world import Result, built_app, make_database, print_table

ROUNDS = 3
HEADER = ["Email", "First name", "Last name", "Company", "Job title", "Phone", "Website", "Note"]


def make_file(rows: int, seed: int) -> bytes:
    """The list as a CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for n in range(rows):
        who = n if n % 10 else n // 2 | 1  # every tenth is somebody of another row
        person = [f"p{who}.{seed}@people{who % 5000}.test", "Pat", f"Person {who}"]
        work = [f"Company {who % 9}", "Head of sales", "+49 30 1234567", "https://example.test"]
        writer.writerow([*person, *work, f"note {who % 100}"])
    return text.getvalue().encode()


def prepare(url: str, rows: int) -> None:
    """A workspace that knows as many leads as will come."""
    workspace = (
        "INSERT INTO workspace (name, slug, time_zone, settings) VALUES ('B', 'b', 'UTC', '{}')"
    )
    leads = "INSERT INTO lead (workspace_id, email, domain) SELECT 1, 'known' || n || '@k.test', 'k.test'"
    columns = ", ".join(f"{letter} text" for letter in "abcdefgh")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in (
            workspace,
            f"{leads} FROM generate_series(1, {rows}) n",
            f"CREATE UNLOGGED TABLE plain ({columns})",
            "VACUUM ANALYZE",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()


def plain_copy(url: str, data: bytes) -> float:
    """Seconds of COPY of the same file into an unlogged table."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("TRUNCATE plain")
        connection.commit()
        raw: Any = connection.connection.driver_connection
        started = time.perf_counter()
        with (
            raw.cursor() as cursor,
            cursor.copy("COPY plain FROM STDIN (FORMAT csv, HEADER)") as copy,
        ):
            for start in range(0, len(data), 1 << 20):
                copy.write(data[start : start + (1 << 20)])
        raw.commit()
        elapsed = time.perf_counter() - started
    engine.dispose()
    return elapsed


def whole_import(app: Any, data: bytes) -> tuple[float, float]:
    """Seconds of the dry run and of the commit."""
    from app.core import jobs as bells
    from app.core.tenancy import workspace_context
    from app.core.transactions import unit_of_work
    from app.leads import jobs, queries
    from app.leads.schemas import MappingInput
    from app.leads.services import choose_mapping, commit_import, start_import

    bells.use_dispatcher(lambda _ring: None)
    with app.app_context(), workspace_context(1):
        started = time.perf_counter()
        with unit_of_work():
            made = start_import(filename="x.csv", chunks=[data], campaign_id=None, user_id=None)
            choose_mapping(made, MappingInput(**made.dialect, column=made.mapping["columns"]))
            import_id = made.id
        jobs.check_import(import_id)
        checked = time.perf_counter()
        with unit_of_work():
            commit_import(queries.get_import(import_id))
        jobs.commit_import(import_id)
        done = time.perf_counter()
        with unit_of_work():
            if queries.get_import(import_id).state != "done":
                raise SystemExit("the import did not finish")
    return checked - started, done - checked


def main() -> int:
    """Print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    ours, copies = [], []
    with make_database() as url:
        prepare(url, rows)
        with built_app(url, 0) as app:
            pass
        for number in range(ROUNDS):
            data = make_file(rows, number)
            copies.append(plain_copy(url, data))
            ours.append(whole_import(app, data))
        with app.app_context():
            from app.core.db import db

            db.engine.dispose()
    copy, whole = statistics.median(copies), statistics.median(sum(pair) for pair in ours)
    check = statistics.median(pair[0] for pair in ours)
    print(f"dry run {check:.1f} s, commit {whole - check:.1f} s, plain COPY {copy:.1f} s")
    result = Result(
        "import, rows a second", rows / whole, rows / copy, 0.25, "plain COPY at most 4 x faster"
    )
    return print_table(f"A list of {rows:,} rows", [result])


if __name__ == "__main__":
    raise SystemExit(main())
