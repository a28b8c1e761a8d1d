"""Writing hits down: durable before the answer, and cheap when many come at once.

Requests that arrive while a batch is being committed make up the next one: the first of them writes
it in one statement, the others wait for that commit. A process that is killed loses no hit that was
answered. Of one mail a process stores so many hits a minute and no more: a token that somebody
hammers must not fill the table.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from threading import Event, Lock
from typing import Any

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.core.statements import KeptConnection

log = structlog.get_logger(__name__)

# sql: one statement for a whole batch; the workspace of each hit is that of the mail its signed
# token names, and a token whose mail is gone leaves nothing. Rows as VALUES: PostgreSQL keeps one
# plan for each size of batch, where arrays are planned anew each time.
INSERT = """
INSERT INTO tracking_hit (workspace_id, outbox_id, kind, link_id, at, method, ip, user_agent,
                          verdict, reason)
SELECT o.workspace_id, h.outbox_id, h.kind, h.link_id, h.at, h.method, h.ip, h.user_agent,
       'unknown', ''
  FROM (VALUES {rows}) AS h ({columns})
  JOIN outbox o ON o.id = h.outbox_id
"""
COLUMNS = {
    "outbox_id": "bigint",
    "kind": "text",
    "link_id": "bigint",
    "at": "timestamptz",
    "method": "text",
    "ip": "text",
    "user_agent": "text",
}
PER_MINUTE = 60
WAITS = (0.0, 0.2, 0.5, 1.0, 1.5, 2.0)  # seconds before each further attempt to write
PATIENCE = 6.0  # seconds after which no attempt is begun
GATHER = 0.0005  # seconds a batch stays open when the one before held several hits


@dataclass(slots=True)
class RawHit:
    """One request as it came."""

    outbox_id: int
    kind: str
    at: datetime
    method: str
    ip: str
    user_agent: str
    link_id: int | None = None


@dataclass(slots=True)
class _Batch:
    """Hits that are written by one statement."""

    hits: list[RawHit] = field(default_factory=list)
    is_settled: Event = field(default_factory=Event)


class _Writer:
    """One batch that takes hits, one connection that writes them."""

    def __init__(self) -> None:
        self.open = _Batch()
        self.is_busy = False
        self.is_away = False  # the database did not come back while the batch before waited
        self.minute: datetime | None = None
        self.counted: Counter[int] = Counter()  # this minute's hits by mail
        self.opening = Lock()
        self.writing = Lock()
        self.kept = KeptConnection()  # used under `writing`

    def write(self, hit: RawHit) -> None:
        """Put the hit into the open batch and return when that is written."""
        with self.opening:
            if self.is_too_many(hit):
                return
            batch = self.open
            batch.hits.append(hit)
            is_first = len(batch.hits) == 1
        if is_first:
            self.settle(batch)
        else:
            batch.is_settled.wait()

    def settle(self, batch: _Batch) -> None:
        """Write a batch once the one before is committed; until then it grows."""
        try:
            with self.writing:
                if self.is_busy:
                    time.sleep(GATHER)
                with self.opening:
                    self.open = _Batch()
                self.is_busy = len(batch.hits) > 1
                self.insert(batch.hits)
        finally:
            batch.is_settled.set()

    def insert(self, hits: list[RawHit]) -> None:
        """Insert and commit; again on a new connection until a restart of PostgreSQL is over.

        When it stays away longer, later batches are tried twice only: requests must not pile up.
        """
        values: dict[str, Any] = {
            f"{name}_{row}": getattr(hit, name) for row, hit in enumerate(hits) for name in COLUMNS
        }
        ends = time.monotonic() + PATIENCE
        for pause in (0.0, *WAITS[: 1 if self.is_away else None]):
            time.sleep(pause)
            if time.monotonic() > ends:  # a host that swallows packets took all the time
                break
            try:
                self.kept.run(_insert_of(len(hits)), values)
                self.is_away = False
                return
            except (psycopg.Error, SQLAlchemyError) as error:
                name = type(error).__name__
        self.is_away = True
        log.error("hits_lost", count=len(hits), error=name)

    def is_too_many(self, hit: RawHit) -> bool:
        """Count a hit of its mail's minute; used under `opening`."""
        minute = hit.at.replace(second=0, microsecond=0)
        if minute != self.minute:
            self.minute = minute
            self.counted.clear()
        self.counted[hit.outbox_id] += 1
        return self.counted[hit.outbox_id] > PER_MINUTE


@cache
def _insert_of(count: int) -> str:
    """The statement for so many hits; a batch has no more than the process has threads."""
    rows = (
        ", ".join(f"%({name}_{row})s::{kind}" for name, kind in COLUMNS.items())
        for row in range(count)
    )
    return INSERT.format(rows=", ".join(f"({row})" for row in rows), columns=", ".join(COLUMNS))


_writer = _Writer()


def write(hit: RawHit) -> None:
    """Store a hit durably. Never raises: a recipient's picture or link must work regardless."""
    _writer.write(hit)
