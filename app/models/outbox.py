"""Owner: sending. Everything that leaves: the outbox, what happened to it, and system mail."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utcnow
from app.core.db import Model, Timestamps, primary_key
from app.core.tenancy import WorkspaceOwned


class Outbox(WorkspaceOwned, Timestamps, Model):
    """One mail that is to leave at most once.

    `state`: queued → sending → sent | failed | uncertain → (sent | queued | held); cancelled.
    `kind`: campaign | manual | test. The Message-ID exists before any byte is sent. `intent`
    makes a second row for the same purpose impossible (campaign lead and step, or a client key).
    `options` holds the flags track_opens, track_clicks and unsubscribe.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "intent"),
        sa.Index(
            "ix_outbox_due",
            "account_id",
            "priority",
            "send_at",
            "id",
            postgresql_where="state = 'queued'",
        ),
        sa.Index("ix_outbox_in_doubt", "lease_until", postgresql_where="state = 'sending'"),
        sa.Index("ix_outbox_check", "next_check_at", postgresql_where="state = 'uncertain'"),
        sa.Index("ix_outbox_unfiled", "account_id", postgresql_where="sent_copy_due"),
        sa.Index("ix_outbox_untold", "account_id", "id", postgresql_where="announce_due"),
        sa.Index("ix_outbox_campaign_lead_id", "campaign_lead_id"),
        # Partial wherever a claim or a result would have to write an entry nobody reads.
        sa.Index("ix_outbox_thread_id", "thread_id", postgresql_where="thread_id IS NOT NULL"),
        sa.Index("ix_outbox_campaign_queued", "campaign_id", postgresql_where="state = 'queued'"),
        sa.Index(
            "ix_outbox_provider_message_id",
            "workspace_id",
            "provider_message_id",
            postgresql_where="provider_message_id IS NOT NULL",
        ),
        sa.Index(
            "ix_outbox_account_to",
            "account_id",
            "to_email",
            "sent_at",
            postgresql_where="sent_at IS NOT NULL",
        ),
        sa.Index(
            "ix_outbox_sent", "workspace_id", "sent_at", postgresql_where="sent_at IS NOT NULL"
        ),
        sa.Index(
            "ix_outbox_attention",
            "workspace_id",
            "state",
            "id",
            postgresql_where="state IN ('held', 'failed', 'uncertain')",
        ),
    )

    id: Mapped[int] = primary_key()
    kind: Mapped[str]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("email_account.id", ondelete="CASCADE"))
    campaign_id: Mapped[int | None]
    campaign_lead_id: Mapped[int | None]
    step_id: Mapped[int | None]
    lead_id: Mapped[int | None]
    thread_id: Mapped[int | None]
    created_by_id: Mapped[int | None]
    intent: Mapped[str | None]
    priority: Mapped[int] = mapped_column(sa.Integer, default=50)  # lower leaves first; manual 10
    state: Mapped[str] = mapped_column(default="queued", server_default="queued")
    send_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime | None]  # campaign windows: not after this

    message_id: Mapped[str] = mapped_column(unique=True)  # without angle brackets
    provider_message_id: Mapped[str | None]  # what the server made of it
    in_reply_to: Mapped[str] = mapped_column(default="", server_default="")
    references: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    to_email: Mapped[str]
    to_name: Mapped[str] = mapped_column(default="", server_default="")
    cc: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    bcc: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    subject: Mapped[str] = mapped_column(default="", server_default="")
    # Manual mail carries its text; campaign mail is rendered from its step with `variables`.
    body_html: Mapped[str] = mapped_column(default="", server_default="")
    body_text: Mapped[str] = mapped_column(default="", server_default="")
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    options: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")

    lease_until: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]  # the last time
    fence: Mapped[int] = mapped_column(default=0, server_default="0")
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    checks: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    next_check_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    sent_copy_due: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    announce_due: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    # Where the server keeps no copy of its own: `dot_at` is written before the final dot, so a
    # row that crashed without it was certainly not sent. Says nothing unless `marks_dot`.
    marks_dot: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    dot_at: Mapped[datetime | None]
    error_family: Mapped[str] = mapped_column(default="", server_default="")
    error_text: Mapped[str] = mapped_column(default="", server_default="")
    raw_blob: Mapped[str | None]


class SendEvent(WorkspaceOwned, Model):
    """Append-only: queued, sent, deferred, failed, held, cancelled, lease_expired, resent …"""

    __tablename__ = "send_event"
    __table_args__ = (sa.Index("ix_send_event_outbox_id", "outbox_id"),)

    # No foreign key of its own, which would be checked with every mail: an event goes with its row.
    workspace_id: Mapped[int] = mapped_column(sa.BigInteger)

    id: Mapped[int] = primary_key()
    outbox_id: Mapped[int] = mapped_column(sa.ForeignKey("outbox.id", ondelete="CASCADE"))
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utcnow, server_default=sa.func.now())
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")


class SystemMail(Timestamps, Model):
    """Mail of the installation itself: verify, invite, reset. Same life as an outbox row."""

    __tablename__ = "system_mail"
    __table_args__ = (
        sa.Index("ix_system_mail_due", "send_at", postgresql_where="state = 'queued'"),
    )

    id: Mapped[int] = primary_key()
    purpose: Mapped[str]
    to_email: Mapped[str]
    subject: Mapped[str]
    body_text: Mapped[str]
    body_html: Mapped[str] = mapped_column(default="")
    message_id: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="queued")
    send_at: Mapped[datetime] = mapped_column(default=utcnow)
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    sent_at: Mapped[datetime | None]
    error_text: Mapped[str] = mapped_column(default="")
