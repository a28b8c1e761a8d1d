"""Writing hits down: durable before the answer, and cheap when many come at once.

Requests that arrive while a batch is being committed wait together and are written by one of them
in one statement. A process that is killed loses no hit that was answered. Of one mail a process
stores so many hits a minute and no more: a token that somebody hammers must not fill the table.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.core.statements import KeptConnection

log = structlog.get_logger(__name__)

# sql: one statement for a whole batch; the workspace of each hit is that of the mail its signed
# token names, and a token whose mail is gone leaves nothing.
INSERT = """
INSERT INTO tracking_hit (workspace_id, outbox_id, kind, link_id, at, method, ip, user_agent,
                          verdict, reason)
SELECT o.workspace_id, h.outbox_id, h.kind, h.link_id, h.at, h.method, h.ip, h.user_agent,
       'unknown', ''
  FROM unnest(%(outbox_id)s::bigint[], %(kind)s::text[], %(link_id)s::bigint[],
              %(at)s::timestamptz[], %(method)s::text[], %(ip)s::text[], %(user_agent)s::text[])
       AS h (outbox_id, kind, link_id, at, method, ip, user_agent)
  JOIN outbox o ON o.id = h.outbox_id
"""
COLUMNS = ("outbox_id", "kind", "link_id", "at", "method", "ip", "user_agent")


@dataclass
class RawHit:
    """One request as it came."""

    outbox_id: int
    kind: str
    at: datetime
    method: str
    ip: str
    user_agent: str
    link_id: int | None = None
    written: bool = False


PER_MINUTE = 60
_waiting: list[RawHit] = []
_counted: Counter[tuple[datetime, int]] = Counter()  # hits by minute and mail; this minute's
_list = Lock()
_writer = Lock()
_kept = KeptConnection()  # used under `_writer`


def write(hit: RawHit) -> None:
    """Store a hit durably. Never raises: a recipient's picture or link must work regardless."""
    with _list:
        if _is_too_many(hit):
            return
        _waiting.append(hit)
    with _writer:
        if hit.written:
            return  # another request wrote it along with its own
        with _list:
            batch = _waiting[:]
            _waiting.clear()
        _insert(batch)
        for one in batch:
            one.written = True


def _is_too_many(hit: RawHit) -> bool:
    """Count a hit of its mail's minute; used under `_list`."""
    minute = hit.at.replace(second=0, microsecond=0)
    if _counted and next(iter(_counted))[0] != minute:
        _counted.clear()
    _counted[minute, hit.outbox_id] += 1
    return _counted[minute, hit.outbox_id] > PER_MINUTE


def _insert(batch: list[RawHit]) -> None:
    """Write a batch; once more on a new connection when the kept one turns out to be dead."""
    values = {name: [getattr(hit, name) for hit in batch] for name in COLUMNS}
    for again in (True, False):
        try:
            _kept.run(INSERT, values)
            return
        except (psycopg.Error, SQLAlchemyError) as error:
            if not again:
                log.error("hits_lost", count=len(batch), error=type(error).__name__)
