"""Jobs of the campaigns room: the planner's tick over all workspaces, and one workspace at once."""

import random

import structlog

from app.campaigns.policies.planner import AccountState
from app.campaigns.queries.planning import workspaces_to_plan
from app.campaigns.services.planning import MAX_SLOTS, plan_workspace
from app.core.clock import utcnow
from app.core.jobs import Queue, enqueue, job
from app.core.tenancy import current_workspace_id, unscoped, workspace_context
from app.core.transactions import unit_of_work

log = structlog.get_logger(__name__)


def spread(account: AccountState) -> float:
    """The random part of an account's gap: people do not send by the clock."""
    return random.uniform(0, account.jitter_seconds)  # noqa: S311 - spreads sends, guards nothing


@job("campaigns.tick", every=5)
def tick() -> None:
    """Plan the next minute of every workspace that has an active campaign.

    A workspace that cannot be planned is logged and left for the next tick: it holds up no other.
    """
    with unscoped("every workspace is planned"), unit_of_work():
        workspace_ids = workspaces_to_plan(utcnow())
    for workspace_id in workspace_ids:
        with workspace_context(workspace_id):
            try:
                _plan_once()
            except Exception:
                log.exception("planning_failed")


@job("campaigns.plan", queue=Queue.DEFAULT)
def plan_now() -> None:
    """Plan this workspace at once: after a launch, a resume or new leads."""
    if current_workspace_id.get() is not None:
        _plan_once()


def _plan_once() -> None:
    """One plan in one transaction; when it was full there is more to do at once."""
    with unit_of_work():
        if plan_workspace(utcnow(), spread) >= MAX_SLOTS:
            enqueue("campaigns.plan", once=True)
