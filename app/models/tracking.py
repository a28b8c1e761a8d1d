"""Owner: tracking. Stored links and every raw hit with its verdict."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utcnow
from app.core.db import Model, primary_key
from app.core.tenancy import WorkspaceOwned


class TrackedLink(WorkspaceOwned, Model):
    """A target that mails of a campaign point to. Tokens carry its id, never the target."""

    __tablename__ = "tracked_link"
    __table_args__ = (sa.UniqueConstraint("workspace_id", "campaign_id", "url_hash"),)

    id: Mapped[int] = primary_key()
    campaign_id: Mapped[int]
    url: Mapped[str]
    url_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=sa.func.now())


class TrackingHit(WorkspaceOwned, Model):
    """One request for a pixel, a link or an unsubscribe page, as it came."""

    __tablename__ = "tracking_hit"
    __table_args__ = (
        sa.Index("ix_tracking_hit_outbox_id", "outbox_id"),
        sa.Index("ix_tracking_hit_open", "id", postgresql_where="processed_at IS NULL"),
    )

    # No foreign key of its own: every hit would lock the row of its workspace. The insert takes it
    # from the mail.
    workspace_id: Mapped[int] = mapped_column(sa.BigInteger)
    id: Mapped[int] = primary_key()
    outbox_id: Mapped[int]
    kind: Mapped[str]  # open | click | unsubscribe_page | unsubscribe
    link_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(default=utcnow)
    method: Mapped[str] = mapped_column(default="GET")
    ip: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")
    verdict: Mapped[str] = mapped_column(default="unknown")  # human | proxy | bot | unknown
    reason: Mapped[str] = mapped_column(default="")
    processed_at: Mapped[datetime | None]
