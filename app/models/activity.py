"""Owner: workspaces. The append-only record of who did what."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utcnow
from app.core.db import Model, primary_key
from app.core.tenancy import WorkspaceOwned


class Activity(WorkspaceOwned, Model):
    """One thing that somebody (or the system) did. Values are redacted before they get here."""

    __tablename__ = "activity"
    __table_args__ = (
        sa.Index("ix_activity_workspace_id_at", "workspace_id", "at"),
        sa.Index("ix_activity_subject", "workspace_id", "subject_type", "subject_id"),
    )

    id: Mapped[int] = primary_key()
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    kind: Mapped[str]  # room.past_tense
    subject_type: Mapped[str] = mapped_column(default="")
    subject_id: Mapped[int | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ip: Mapped[str] = mapped_column(default="")
    request_id: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=utcnow)
