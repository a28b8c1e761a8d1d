"""Reactions to events of all rooms: the activity log.

An event that should appear there has a method `activity()` that answers (kind, subject, data):
`("campaigns.launched", ("campaign", 3), {"leads": 60})`. app/rooms.py lists the events.
"""

from typing import Any

import sqlalchemy as sa

from app.core.context import current_actor, request_id
from app.core.db import db
from app.core.tenancy import require_workspace_id, unscoped
from app.models import Activity

SECRET_WORDS = ("password", "secret", "token", "credential")


def record_activity(event: Any) -> None:
    """Add the event's row to the activity log, in the transaction of what happened.

    The workspace is the event's own when it names one, else the current one.
    """
    kind, subject, data = event.activity()
    subject_type, subject_id = subject or ("", None)
    workspace_id = getattr(event, "workspace_id", None) or require_workspace_id()
    actor = current_actor()
    # A statement of its own: rows the publisher has not flushed yet are left alone.
    with unscoped("the event names its workspace"), db.session.no_autoflush:
        db.session.execute(
            sa.insert(Activity).values(
                workspace_id=workspace_id,
                actor_id=actor.user_id,
                kind=kind,
                subject_type=subject_type,
                subject_id=subject_id,
                data=redact(data),
                ip=actor.ip,
                request_id=request_id.get(),
            )
        )


def redact(data: dict[str, Any]) -> dict[str, Any]:
    """The data without the value of anything whose name sounds secret."""
    return {
        name: "…" if any(word in name.lower() for word in SECRET_WORDS) else value
        for name, value in data.items()
    }
