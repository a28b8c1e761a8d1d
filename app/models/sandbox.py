"""Owner: sandbox. Where the demo of a workspace stands."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Timestamps, primary_key
from app.core.tenancy import WorkspaceOwned


class DemoRun(WorkspaceOwned, Timestamps, Model):
    """The demo of one workspace: its campaign, the people used up, and the trickle of new ones."""

    __tablename__ = "demo_run"
    __table_args__ = (sa.UniqueConstraint("workspace_id"),)

    id: Mapped[int] = primary_key()
    campaign_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("campaign.id", ondelete="SET NULL")
    )
    next_person: Mapped[int] = mapped_column(sa.Integer, default=0)
    trickle_left: Mapped[int] = mapped_column(sa.Integer, default=0)
    history_at: Mapped[datetime | None]  # the older conversations were delivered
