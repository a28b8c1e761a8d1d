"""One tick of the planner with 1,000 due leads among N, on 1,000 accounts: does N matter?

Two databases, N small and N large, ticked in turn; the work of each tick is undone untimed.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from benchmarks.world import Result, built_app, make_database, print_table

SMALL, ROUNDS, ACCOUNTS, DUE = 10_000, 5, 1_000, 1_000

FILL = """
INSERT INTO workspace (name, slug, time_zone, settings) VALUES ('Bench', 'bench', 'UTC', '{{}}');
INSERT INTO email_account (workspace_id, email, from_name, provider, provider_name, imap_host,
    imap_port, imap_security, smtp_host, smtp_port, smtp_security, credentials, capabilities,
    sent_copy, status, status_reason, connected_at, is_sandbox, daily_limit, ramp_enabled,
    ramp_start, ramp_step, gap_seconds, gap_jitter_seconds, time_zone, signature_html, color, fence)
SELECT 1, 'a' || n || '@bench.test', 'A', 'imap_smtp', 'Custom', '127.0.0.1', 1, 'none',
    '127.0.0.1', 1, 'none', '', '{{}}', 'append', 'connected', '', now(), false, 100, false, 5, 2,
    480, 360, 'UTC', '', 0, 0 FROM generate_series(1, {accounts}) n;
INSERT INTO campaign (workspace_id, name, kind, status, status_reason, time_zone, priority,
    track_opens, track_clicks, unsubscribe_header, stop_on_auto_reply, leads_count)
VALUES (1, 'Bench', 'manual', 'active', '', 'UTC', 'strict', true, true, true, false, {leads});
INSERT INTO step (workspace_id, campaign_id, position, delay_amount, delay_unit, subject, body_html)
SELECT 1, 1, n, 3, 'days', 'Hello', '<p>Hello</p>' FROM generate_series(1, 3) n;
INSERT INTO sending_window (workspace_id, campaign_id, weekday, start_minute, end_minute)
SELECT 1, 1, n, 0, 1440 FROM generate_series(0, 6) n;
INSERT INTO campaign_account (workspace_id, campaign_id, account_id)
SELECT 1, 1, n FROM generate_series(1, {accounts}) n;
INSERT INTO lead (workspace_id, email, domain, first_name)
SELECT 1, 'p' || n || '@people.test', 'people.test', 'Pat' FROM generate_series(1, {leads}) n;
INSERT INTO campaign_lead (workspace_id, campaign_id, lead_id, account_id, state, step_position,
    due_at, first_sent_at, thread_subject, last_message_id, "references")
SELECT 1, 1, n, 1 + n % {accounts}, 'waiting', 2,
    CASE WHEN n <= {due} THEN now() - interval '1 hour'
         ELSE now() + n % 1000 * interval '1 hour' + interval '1 day' END,
    now(), 'Hello', 'm@bench.test', '["m@bench.test"]' FROM generate_series(1, {leads}) n;
"""
UNDO = """
TRUNCATE outbox, send_event CASCADE;
UPDATE email_account SET next_slot_at = NULL;
UPDATE campaign_lead SET state = 'waiting' WHERE state = 'queued';
"""


def fill(url: str, leads: int) -> None:
    """The world of one database."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in FILL.format(leads=leads, accounts=ACCOUNTS, due=DUE).split(";\n"):
            if statement.strip():
                connection.execute(sa.text(statement))
        connection.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()


def undo(url: str) -> None:
    """As it was before the tick, dead rows too."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in UNDO.split(";\n"):
            if statement.strip():
                connection.execute(sa.text(statement))
        connection.execute(sa.text("VACUUM campaign_lead, email_account"))
    engine.dispose()


def tick(app: Any) -> float:
    """Milliseconds of one tick, commit included."""
    from app.campaigns.services.planning import plan_workspace
    from app.core.clock import utcnow
    from app.core.tenancy import workspace_context
    from app.core.transactions import unit_of_work

    with app.app_context(), workspace_context(1):
        started = time.perf_counter()
        with unit_of_work():
            planned = plan_workspace(utcnow() + timedelta(seconds=1), lambda a: random.random())
        elapsed = time.perf_counter() - started
    if planned != DUE:
        raise SystemExit(f"planned {planned}, not {DUE}")
    return elapsed * 1000


def main() -> int:
    """Print the table; the first argument changes the large N."""
    large = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with ExitStack() as stack:
        worlds = []
        for leads in (SMALL, large):
            url = stack.enter_context(make_database())
            fill(url, leads)
            with built_app(url, 0) as app:
                pass
            worlds.append((url, app, []))
        for number in range(ROUNDS + 1):
            for url, app, times in worlds:
                elapsed = tick(app)
                undo(url)
                if number:  # the first round fills caches
                    times.append(elapsed)
        small, big = (statistics.median(times) for _, _, times in worlds)
        for _, app, _ in worlds:
            with app.app_context():
                from app.core.db import db

                db.engine.dispose()
    results = [
        Result(
            f"tick, {large:,} leads", small, big, 1 / 1.2, f"ms; small over large, at {SMALL:,}"
        ),
        Result("1,000 slots at most 500 ms", 500, big, 1.0, "ms"),
    ]
    return print_table(f"One tick, {DUE:,} due, {ACCOUNTS:,} accounts", results)


if __name__ == "__main__":
    raise SystemExit(main())
