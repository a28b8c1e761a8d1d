"""Conversations and messages as JSON."""

from typing import Any

from app.models import Attachment, Message, Outbox, Thread


def thread_json(thread: Thread) -> dict[str, Any]:
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


def message_json(message: Message, attachments: list[Attachment]) -> dict[str, Any]:
    """One mail. The HTML is sanitised and still has no business outside a sandboxed frame."""
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
        "text": message.body_text,
        "reply_text": message.reply_text,
        "html": message.body_html,
        "is_read": message.is_seen,
        "at": message.at,
        "attachments": [attachment_json(one) for one in attachments],
    }


def attachment_json(attachment: Attachment) -> dict[str, Any]:
    """A file of a message."""
    return {
        "id": attachment.id,
        "part": attachment.part,
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "is_inline": attachment.is_inline,
    }


def pending_json(row: Outbox) -> dict[str, Any]:
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
