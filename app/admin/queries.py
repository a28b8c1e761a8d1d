"""Reads over the whole installation, for its admins: how much waits, and for how long."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from redis.exceptions import RedisError
from rq.registry import FailedJobRegistry
from rq.worker import Worker
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import db
from app.core.jobs import Queue
from app.core.rq import JsonQueue, connect
from app.core.tenancy import unscoped
from app.models import CampaignLead, EmailAccount, Outbox, SystemMail, User, Workspace


@dataclass(frozen=True)
class QueueState:
    """One queue: rings that wait, jobs that failed, workers that listen."""

    name: str
    waiting: int
    failed: int
    workers: int


@dataclass(frozen=True)
class Redis:
    """What Redis tells; `queues` is None when it does not answer."""

    queues: list[QueueState] | None
    scheduler_seen_at: datetime | None


@dataclass(frozen=True)
class Backlog:
    """Something that waits in the database, and since when the oldest of it is due."""

    label: str
    count: int
    oldest: datetime | None


def redis_state() -> Redis:
    """Queues and the scheduler's heartbeat; never raises."""
    try:
        connection = connect()
        seen = connection.get("parakeet:scheduler:seen")
        queues = [_queue_state(queue, connection) for queue in Queue]
    except (RedisError, OSError):
        return Redis(None, None)
    return Redis(queues, datetime.fromtimestamp(int(seen), UTC) if seen else None)


def backlogs() -> list[Backlog]:
    """What is due, across all workspaces."""
    with unscoped("admins of the installation see totals, no contents"):
        return [
            _backlog("Mails waiting to leave", Outbox.send_at, Outbox.state == "queued"),
            _backlog("Mails being handed over", Outbox.send_at, Outbox.state == "sending"),
            _backlog("Mails in doubt", Outbox.send_at, Outbox.state == "uncertain"),
            _backlog("Campaign leads due", CampaignLead.due_at, CampaignLead.state == "waiting"),
            _backlog("System mails", SystemMail.send_at, SystemMail.state == "queued"),
        ]


def totals() -> dict[str, int]:
    """How large the installation is."""
    with unscoped("admins of the installation see totals, no contents"):
        return {
            "people": _count(sa.select(sa.func.count(User.id))),
            "workspaces": _count(
                sa.select(sa.func.count(Workspace.id)).where(Workspace.deleted_at.is_(None))
            ),
            "accounts": _count(
                sa.select(sa.func.count(EmailAccount.id)).where(EmailAccount.removed_at.is_(None))
            ),
        }


def _queue_state(queue: Queue, connection: Any) -> QueueState:
    rq_queue = JsonQueue(queue.value, connection=connection)
    failed = FailedJobRegistry(queue=rq_queue)
    return QueueState(
        queue.value,
        rq_queue.count,
        failed.get_job_count(cleanup=False),
        Worker.count(queue=rq_queue),
    )


def _backlog(
    label: str,
    due: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    where: sa.ColumnElement[bool],
) -> Backlog:
    stmt = sa.select(sa.func.count(), sa.func.min(due)).where(where, due <= sa.func.now())
    count, oldest = db.session.execute(stmt).one()
    return Backlog(label, count, oldest)


def _count(stmt: sa.Select[int]) -> int:
    return db.session.scalar(stmt) or 0
