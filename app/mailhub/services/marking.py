"""Read, unread, starred, archived: changed here at once, told to the provider by a journal."""

from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.context import Actor
from app.core.db import db
from app.core.jobs import enqueue
from app.mailhub.queries import messages as queries
from app.mailhub.queries.storing import lock_threads
from app.mailhub.services.threads import refresh_threads
from app.models import MailAction, Message, Thread


def mark_read(thread_ids: Collection[int], *, actor: Actor) -> int:
    """Mark everything in these threads as read. Again: nothing. Returns how many messages."""
    lock_threads(thread_ids)
    messages = queries.unseen_inbound(thread_ids)
    return _flag(messages, "seen", thread_ids, actor, is_seen=True)


def mark_unread(thread_ids: Collection[int], *, actor: Actor) -> int:
    """Mark the newest inbound message of each thread as unread."""
    lock_threads(thread_ids)
    newest = [queries.newest_inbound(thread_id) for thread_id in thread_ids]
    messages = [one for one in newest if one is not None and one.is_seen]
    return _flag(messages, "unseen", thread_ids, actor, is_seen=False)


def star(thread_ids: Collection[int], *, actor: Actor) -> int:
    """Star the newest message of each thread."""
    lock_threads(thread_ids)
    newest = [queries.newest(thread_id) for thread_id in thread_ids]
    messages = [one for one in newest if one is not None and not one.is_flagged]
    return _flag(messages, "flagged", thread_ids, actor, is_flagged=True)


def unstar(thread_ids: Collection[int], *, actor: Actor) -> int:
    """Take the stars off every message of these threads."""
    lock_threads(thread_ids)
    messages = list(
        db.session.scalars(
            sa.select(Message).where(Message.thread_id.in_(thread_ids), Message.is_flagged)
        )
    )
    return _flag(messages, "unflagged", thread_ids, actor, is_flagged=False)


def archive(thread_ids: Collection[int]) -> None:
    """Take threads out of the inbox; an answer brings them back. Again: nothing."""
    _set_archived(thread_ids, is_archived=True)


def unarchive(thread_ids: Collection[int]) -> None:
    """Put threads back into the inbox. Again: nothing."""
    _set_archived(thread_ids, is_archived=False)


def _set_archived(thread_ids: Collection[int], *, is_archived: bool) -> None:
    for thread in lock_threads(thread_ids):
        if (thread.archived_at is not None) != is_archived:
            thread.archived_at = utcnow() if is_archived else None
    db.session.flush()
    refresh_threads(thread_ids)


def _flag(
    messages: Sequence[Message],
    kind: str,
    thread_ids: Iterable[int],
    actor: Actor,
    **change: bool,
) -> int:
    for message in messages:
        for name, value in change.items():
            setattr(message, name, value)
    _journal(messages, kind, actor)
    db.session.flush()
    refresh_threads(thread_ids)
    return len(messages)


def _journal(messages: Iterable[Message], kind: str, actor: Actor) -> None:
    """One row per message, in the same transaction as the change; the job drains them in order."""
    accounts = set()
    for message in messages:
        db.session.add(
            MailAction(
                account_id=message.account_id,
                message_id=message.id,
                kind=kind,
                created_by_id=actor.user_id,
            )
        )
        accounts.add(message.account_id)
    for account_id in sorted(accounts):
        enqueue("mailhub.drain_actions", account_id=account_id, once=True)


VERBS = {
    "read": mark_read,
    "unread": mark_unread,
    "star": star,
    "unstar": unstar,
}


def apply_verb(verb: str, threads: Sequence[Thread], *, actor: Actor) -> None:
    """Do one of the bulk verbs to threads of this workspace."""
    ids = [thread.id for thread in threads]
    if not ids:
        return
    if verb == "archive":
        archive(ids)
    elif verb == "unarchive":
        unarchive(ids)
    else:
        VERBS[verb](ids, actor=actor)
