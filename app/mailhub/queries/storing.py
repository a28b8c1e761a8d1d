"""Reads that storing needs: what is known of these keys, ids and threads."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.models import Attachment, Message, MessageRef, Thread

AnyRow = sa.Row[*tuple[Any, ...]]


def lock_account(account_id: int) -> None:
    """One writer of threads per account at a time, until the transaction ends."""
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_SPACE, account_id)))


_LOCK_SPACE = 0x6D61  # "ma": keeps our advisory locks apart from others


def known_messages(account_id: int, keys: Iterable[str]) -> dict[str, AnyRow]:
    """Rows (id, thread_id, raw_blob, deleted_at) by provider key."""
    found = db.session.execute(
        sa.select(
            Message.provider_key, Message.id, Message.thread_id, Message.raw_blob,
            Message.deleted_at, Message.is_seen,
        ).where(Message.account_id == account_id, Message.provider_key.in_(list(keys)))
    )  # fmt: skip
    return {row.provider_key: row for row in found}


def threads_of_ids(account_id: int, hashes: Iterable[str]) -> dict[str, set[int]]:
    """Threads that own or mention each id."""
    known: dict[str, set[int]] = defaultdict(set)
    rows = db.session.execute(
        sa.select(MessageRef.id_hash, MessageRef.thread_id).where(
            MessageRef.account_id == account_id, MessageRef.id_hash.in_(list(hashes))
        )
    )
    for id_hash, thread_id in rows:
        known[id_hash].add(thread_id)
    return known


def threads_by_subject(
    account_id: int, keys: Iterable[str], since: datetime
) -> dict[str, list[AnyRow]]:
    """Threads (id, subject_key, participants, last_at) by subject, the newest first."""
    rows = db.session.execute(
        sa.select(Thread.id, Thread.subject_key, Thread.participants, Thread.last_at)
        .where(
            Thread.account_id == account_id,
            Thread.subject_key.in_(list(keys)),
            Thread.last_at >= since,
            Thread.merged_into_id.is_(None),
        )
        .order_by(Thread.last_at.desc())
    )
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in rows:
        found[row.subject_key].append(row)
    return found


def archived_threads(thread_ids: Iterable[int]) -> list[AnyRow]:
    """Those of the threads that are archived, with when."""
    rows = db.session.execute(
        sa.select(Thread.id, Thread.archived_at).where(
            Thread.id.in_(list(thread_ids)), Thread.archived_at.is_not(None)
        )
    )
    return list(rows)


def messages_of_threads(thread_ids: Sequence[int]) -> dict[int, list[AnyRow]]:
    """The columns thread counters are made of, oldest first, by thread."""
    columns = (
        Message.id, Message.thread_id, Message.at, Message.direction, Message.kind,
        Message.from_name, Message.from_email, Message.to, Message.subject, Message.snippet,
        Message.is_seen, Message.is_flagged, Message.has_attachments, Message.deleted_at,
    )  # fmt: skip
    rows = db.session.execute(
        sa.select(*columns)
        .where(Message.thread_id.in_(thread_ids))
        .order_by(Message.at, Message.id)
    )
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in rows:
        found[row.thread_id].append(row)
    return found


def lock_threads(thread_ids: Iterable[int]) -> list[Thread]:
    """The threads, locked in the order of their ids so that two writers cannot wait in a ring."""
    return list(
        db.session.scalars(
            sa.select(Thread)
            .where(Thread.id.in_(list(thread_ids)))
            .order_by(Thread.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def messages_without_attachments(message_ids: Iterable[int]) -> set[int]:
    """Those of the messages that have no attachment rows."""
    ids = set(message_ids)
    having = db.session.scalars(
        sa.select(Attachment.message_id).where(Attachment.message_id.in_(ids)).distinct()
    )
    return ids - set(having)
