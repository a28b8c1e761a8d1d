"""Jobs of tracking: hits become verdicts and counters within seconds."""

from __future__ import annotations

import structlog

from app.core.jobs import job
from app.core.tenancy import unscoped, workspace_context
from app.core.transactions import unit_of_work
from app.tracking import queries, services

log = structlog.get_logger(__name__)


@job("tracking.judge_hits", every=2)
def judge_hits() -> None:
    """Judge what came in since the last time, workspace by workspace."""
    with unscoped("hits of every workspace"), unit_of_work():
        waiting = queries.workspaces_with_hits()
    for workspace_id in waiting:
        with workspace_context(workspace_id):
            try:
                _judge_all()
            except Exception:  # the hits of this workspace must not hold up all others
                log.exception("judging_failed")


def _judge_all() -> None:
    while True:
        with unit_of_work():
            judged = services.judge_hits()
        if judged < services.BATCH:
            return
