"""Owner: mailhub (threads, messages, actions) and sync (folders, placements, references)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utcnow
from app.core.db import Model, Timestamps, primary_key
from app.core.tenancy import WorkspaceKeyed, WorkspaceOwned


class Folder(WorkspaceOwned, Timestamps, Model):
    """A folder of an account and how far it was read. Owner: sync."""

    __tablename__ = "folder"
    __table_args__ = (sa.UniqueConstraint("workspace_id", "account_id", "remote_name"),)

    id: Mapped[int] = primary_key()
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("email_account.id", ondelete="CASCADE"))
    remote_name: Mapped[str]  # as the server writes it
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="")  # inbox | sent | archive | drafts | junk | trash
    is_synced: Mapped[bool] = mapped_column(default=False)
    uidvalidity: Mapped[int | None]
    cursor: Mapped[dict[str, Any]] = mapped_column(default=dict)  # uidnext, modseq, backfill_low
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)  # done, total of a first sync
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    last_synced_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(sa.Integer, default=0)
    error: Mapped[str] = mapped_column(default="")


class Thread(WorkspaceOwned, Timestamps, Model):
    """A conversation of one account, with the counters its list row shows."""

    __tablename__ = "thread"
    __table_args__ = (
        sa.Index("ix_thread_workspace_id_campaign", "workspace_id", "campaign_id", "last_at"),
        sa.Index("ix_thread_account_id", "account_id"),
        sa.Index("ix_thread_campaign_lead_id", "campaign_lead_id"),
        sa.Index("ix_thread_subject_key", "account_id", "subject_key", "last_at"),
    )

    id: Mapped[int] = primary_key()
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("email_account.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(default="")
    subject_key: Mapped[str] = mapped_column(default="")  # without Re:, Fwd: …
    snippet: Mapped[str] = mapped_column(default="")
    participants: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # name, email
    last_at: Mapped[datetime]
    last_in_at: Mapped[datetime | None]
    last_out_at: Mapped[datetime | None]
    message_count: Mapped[int] = mapped_column(sa.Integer, default=0)
    unread_count: Mapped[int] = mapped_column(sa.Integer, default=0)
    has_attachments: Mapped[bool] = mapped_column(default=False)
    is_starred: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[datetime | None]
    kind: Mapped[str] = mapped_column(default="human")  # of the newest inbound message
    lead_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    campaign_lead_id: Mapped[int | None]
    # A later mail showed that two threads are one: the older lives on, this one points to it.
    merged_into_id: Mapped[int | None]


class ThreadBox(WorkspaceKeyed, Model):
    """The list index: in which boxes (inbox, sent, archive, all) a thread shows, newest first."""

    __tablename__ = "thread_box"
    __table_args__ = (
        sa.Index("ix_thread_box_list", "workspace_id", "role", "last_at", "thread_id"),
        sa.Index("ix_thread_box_account", "account_id", "role", "last_at", "thread_id"),
        sa.Index(
            "ix_thread_box_unread",
            "workspace_id",
            "role",
            "last_at",
            "thread_id",
            postgresql_where="is_unread",
        ),
    )

    thread_id: Mapped[int] = mapped_column(
        sa.ForeignKey("thread.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    last_at: Mapped[datetime]
    is_unread: Mapped[bool] = mapped_column(default=False)


class Message(WorkspaceOwned, Timestamps, Model):
    """One mail, once, however often it is seen. `provider_key` is its identity in the account.

    `direction`: in | out. `kind`: human | out_of_office | auto | bounce | complaint | list |
    invite | sent. `state`: stored | oversize | broken (kept raw and shown as such).
    """

    __tablename__ = "message"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "account_id", "provider_key"),
        sa.Index("ix_message_thread_id", "thread_id", "at"),
        sa.Index("ix_message_message_id", "account_id", "message_id"),
        sa.Index("ix_message_search", "search", postgresql_using="gin"),
    )

    id: Mapped[int] = primary_key()
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("email_account.id", ondelete="CASCADE"))
    thread_id: Mapped[int] = mapped_column(sa.ForeignKey("thread.id", ondelete="CASCADE"))
    provider_key: Mapped[str]
    message_id: Mapped[str] = mapped_column(default="")
    in_reply_to: Mapped[str] = mapped_column(default="")
    references: Mapped[list[str]] = mapped_column(default=list)
    direction: Mapped[str]
    kind: Mapped[str] = mapped_column(default="human")
    state: Mapped[str] = mapped_column(default="stored")
    from_name: Mapped[str] = mapped_column(default="")
    from_email: Mapped[str] = mapped_column(default="")
    to: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # name, email
    cc: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    reply_to: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    subject: Mapped[str] = mapped_column(default="")
    snippet: Mapped[str] = mapped_column(default="")
    body_text: Mapped[str] = mapped_column(default="")
    reply_text: Mapped[str] = mapped_column(default="")  # without the quoted history
    body_html: Mapped[str] = mapped_column(default="")  # sanitised
    has_remote_images: Mapped[bool] = mapped_column(default=False)
    raw_blob: Mapped[str | None]
    size: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]  # when the server received it
    date_header: Mapped[datetime | None]
    is_seen: Mapped[bool] = mapped_column(default=False)
    is_flagged: Mapped[bool] = mapped_column(default=False)
    has_attachments: Mapped[bool] = mapped_column(default=False)
    outbox_id: Mapped[int | None]  # what we sent (out), or what this answers (in)
    match_method: Mapped[str] = mapped_column(default="")
    match_confidence: Mapped[float] = mapped_column(sa.Float, default=0.0)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # return date, bounce details …
    parser_version: Mapped[int] = mapped_column(sa.Integer, default=1)
    deleted_at: Mapped[datetime | None]
    search: Mapped[Any] = mapped_column(
        TSVECTOR,
        sa.Computed(
            "to_tsvector('simple', left(coalesce(subject, '') || ' ' || coalesce(from_name, '')"
            " || ' ' || coalesce(from_email, '') || ' ' || coalesce(reply_text, ''), 20000))",
            persisted=True,
        ),
        deferred=True,
    )


class Attachment(WorkspaceOwned, Model):
    """A part of a message that is a file. Its bytes are decoded from the raw mail on demand."""

    __tablename__ = "attachment"
    __table_args__ = (sa.Index("ix_attachment_message_id", "message_id"),)

    id: Mapped[int] = primary_key()
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("message.id", ondelete="CASCADE"))
    part: Mapped[str]  # path in the MIME tree: 1.2
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    content_id: Mapped[str] = mapped_column(default="")
    is_inline: Mapped[bool] = mapped_column(default=False)


class Placement(WorkspaceKeyed, Model):
    """Where a message stands on the server. A message may be in several folders."""

    __tablename__ = "placement"
    __table_args__ = (sa.Index("ix_placement_message_id", "message_id"),)

    folder_id: Mapped[int] = mapped_column(
        sa.ForeignKey("folder.id", ondelete="CASCADE"), primary_key=True
    )
    uidvalidity: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("message.id", ondelete="CASCADE"))
    vanished_at: Mapped[datetime | None]  # first phase of a deletion


class MessageRef(WorkspaceKeyed, Model):
    """The Message-ID graph: which thread owns or mentions an id."""

    __tablename__ = "message_ref"
    __table_args__ = (sa.Index("ix_message_ref_thread_id", "thread_id"),)

    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("email_account.id", ondelete="CASCADE"), primary_key=True
    )
    id_hash: Mapped[str] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(
        sa.ForeignKey("thread.id", ondelete="CASCADE"), primary_key=True
    )
    is_owned: Mapped[bool] = mapped_column(default=False)


class MailAction(WorkspaceOwned, Model):
    """A change made here that the provider must hear of. pending → running → done | failed."""

    __tablename__ = "mail_action"
    __table_args__ = (
        sa.Index("ix_mail_action_open", "account_id", "id", postgresql_where="state = 'pending'"),
        sa.Index("ix_mail_action_message_id", "message_id"),
    )

    id: Mapped[int] = primary_key()
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("email_account.id", ondelete="CASCADE"))
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("message.id", ondelete="CASCADE"))
    kind: Mapped[str]  # seen | unseen | flagged | unflagged
    state: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    not_before: Mapped[datetime] = mapped_column(default=utcnow)
    created_by_id: Mapped[int | None]
    error: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None]
