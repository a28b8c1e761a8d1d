"""Conversations and messages as JSON."""

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from app.models import Attachment, Message, Outbox, Thread


class ThreadJson(TypedDict):
    """A conversation as its list row."""

    id: int
    account_id: int
    subject: str
    snippet: str
    participants: list[dict[str, Any]]
    kind: str
    message_count: int
    unread_count: int
    is_read: bool
    is_starred: bool
    is_archived: bool
    has_attachments: bool
    lead_id: int | None
    campaign_id: int | None
    last_at: datetime


class AttachmentJson(TypedDict):
    """A file of a message."""

    id: int
    part: str
    filename: str
    content_type: str
    size: int
    is_inline: bool


MessageJson = TypedDict(
    "MessageJson",
    {
        "id": int,
        "thread_id": int,
        "direction": str,
        "kind": str,
        "from": dict[str, str],
        "to": list[dict[str, Any]],
        "cc": list[dict[str, Any]],
        "subject": str,
        "snippet": str,
        "text": str,
        "reply_text": str,
        "html": str,
        "is_read": bool,
        "at": datetime,
        "attachments": list[AttachmentJson],
    },
)


class PendingJson(TypedDict):
    """An answer on its way, or one that could not leave."""

    id: int
    thread_id: int | None
    state: str
    to: dict[str, str]
    subject: str
    text: str
    error: str | None
    created_at: datetime


class ConversationJson(ThreadJson):
    """A conversation with its mails, oldest first, and what is on its way."""

    messages: list[MessageJson]
    pending: list[PendingJson]


def thread_json(thread: Thread) -> ThreadJson:
    """A conversation as its list row."""
    return {
        "id": thread.id,
        "account_id": thread.account_id,
        "subject": thread.subject,
        "snippet": thread.snippet,
        "participants": thread.participants,
        "kind": thread.kind,
        "message_count": thread.message_count,
        "unread_count": thread.unread_count,
        "is_read": thread.unread_count == 0,
        "is_starred": thread.is_starred,
        "is_archived": thread.archived_at is not None,
        "has_attachments": thread.has_attachments,
        "lead_id": thread.lead_id,
        "campaign_id": thread.campaign_id,
        "last_at": thread.last_at,
    }


def message_json(
    message: Message, attachments: list[Attachment], *, text: str, html: str
) -> MessageJson:
    """One mail. The HTML is sanitised and still has no business outside a sandboxed frame.

    `text` and `html` are its bodies as they may be shown: without our own marks.
    """
    return {
        "id": message.id,
        "thread_id": message.thread_id,
        "direction": message.direction,
        "kind": message.kind,
        "from": {"name": message.from_name, "email": message.from_email},
        "to": message.to,
        "cc": message.cc,
        "subject": message.subject,
        "snippet": message.snippet,
        "text": text,
        "reply_text": message.reply_text,
        "html": html,
        "is_read": message.is_seen,
        "at": message.at,
        "attachments": [attachment_json(one) for one in attachments],
    }


def attachment_json(attachment: Attachment) -> AttachmentJson:
    """A file of a message."""
    return {
        "id": attachment.id,
        "part": attachment.part,
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "is_inline": attachment.is_inline,
    }


def pending_json(row: Outbox) -> PendingJson:
    """An answer on its way, or one that could not leave."""
    return {
        "id": row.id,
        "thread_id": row.thread_id,
        "state": row.state,
        "to": {"name": row.to_name, "email": row.to_email},
        "subject": row.subject,
        "text": row.body_text,
        "error": row.error_text or None,
        "created_at": row.created_at,
    }
