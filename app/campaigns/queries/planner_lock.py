"""Who plans a workspace: one planner at a time, and nobody while its campaigns are changed."""

import sqlalchemy as sa

from app.core.db import db
from app.core.tenancy import require_workspace_id

#: One number for "somebody plans this workspace"; the workspace id is the second key.
PLANNING_LOCK = 7_001


def take_planning_lock() -> bool:
    """Whether this transaction is the only one to plan the workspace; kept until it ends."""
    return bool(db.session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(*_keys()))))


def wait_for_planner() -> None:
    """Keep the planner of this workspace out until the transaction ends.

    A plan under way does not see what this transaction changes: its mails would be queued after
    the look for queued mail. Asked for before any row that a plan touches is changed.
    """
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(*_keys())))


def _keys() -> tuple[sa.ColumnElement[int], ...]:
    """The two halves of the lock's name."""
    return (sa.literal(PLANNING_LOCK), sa.cast(require_workspace_id(), sa.Integer))
