"""Threads as rows: made, merged, linked to a campaign, and their counters and boxes kept."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.core.tenancy import require_workspace_id
from app.mailhub.incoming import IncomingMail, Link
from app.mailhub.policies.counters import Counters, boxes_of, count_thread
from app.mailhub.policies.threading import merges_of_rows, subject_key
from app.mailhub.queries import storing as queries
from app.models import Message, MessageRef, Thread, ThreadBox

# A mail may have arrived shortly before its thread was archived and be seen only afterwards.
REOPEN_SLACK = timedelta(minutes=10)


def make_threads(account_id: int, first_mails: Mapping[int, IncomingMail]) -> dict[int, int]:
    """Rows for new threads; returns the id for each provisional number."""
    if not first_mails:
        return {}
    rows = [
        {
            "workspace_id": require_workspace_id(),
            "account_id": account_id,
            "subject": mail.subject,
            "subject_key": subject_key(mail.subject),
            "last_at": mail.at,
        }
        for mail in first_mails.values()
    ]
    statement = insert(Thread).returning(Thread.id, sort_by_parameter_order=True)
    ids = db.session.execute(statement, rows).scalars().all()
    return dict(zip(first_mails, ids, strict=True))


def apply_merges(account_id: int, merged: Mapping[int, int]) -> None:
    """Move everything of merged threads to the ones that live on; the old ids keep pointing."""
    for old, new in merges_of_rows(merged).items():
        queries.lock_threads([old, new])
        db.session.execute(sa.update(Message).where(Message.thread_id == old).values(thread_id=new))
        _move_ids(account_id, old, new)
        db.session.execute(sa.delete(ThreadBox).where(ThreadBox.thread_id == old))
        _inherit_link(old, new)
        db.session.execute(
            sa.update(Thread)
            .where(sa.or_(Thread.id == old, Thread.merged_into_id == old))
            .values(merged_into_id=new, message_count=0, unread_count=0)
        )


def _move_ids(account_id: int, old: int, new: int) -> None:
    doubled = sa.select(MessageRef.id_hash).where(
        MessageRef.account_id == account_id, MessageRef.thread_id == new
    )
    mine = (MessageRef.account_id == account_id, MessageRef.thread_id == old)
    db.session.execute(
        sa.delete(MessageRef)
        .where(*mine, MessageRef.id_hash.in_(doubled))
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        sa.update(MessageRef)
        .where(*mine)
        .values(thread_id=new)
        .execution_options(synchronize_session=False)
    )


def _inherit_link(old: int, new: int) -> None:
    source, target = db.session.get(Thread, old), db.session.get(Thread, new)
    if source and target and target.campaign_lead_id is None:
        target.campaign_id, target.lead_id = source.campaign_id, source.lead_id
        target.campaign_lead_id = source.campaign_lead_id


def link_thread(thread_id: int, link: Link) -> None:
    """Say which campaign lead a thread belongs to. The first link stays."""
    db.session.execute(
        sa.update(Thread)
        .where(Thread.id == thread_id, Thread.campaign_lead_id.is_(None))
        .values(
            campaign_id=link.campaign_id,
            campaign_lead_id=link.campaign_lead_id,
            lead_id=sa.func.coalesce(link.lead_id, Thread.lead_id),
        )
    )


def reopen_threads(newest: Mapping[int, datetime]) -> None:
    """End the archiving of threads that got an answer; `newest` is its time by thread."""
    ended = [
        row.id
        for row in queries.archived_threads(newest)
        if row.archived_at < newest[row.id] + REOPEN_SLACK
    ]
    if ended:
        db.session.execute(sa.update(Thread).where(Thread.id.in_(ended)).values(archived_at=None))


def refresh_threads(thread_ids: Iterable[int]) -> None:
    """Bring counters and boxes of these threads in line with their messages."""
    ids = sorted(set(thread_ids))
    if not ids:
        return
    threads = queries.lock_threads(ids)
    rows = queries.messages_of_threads(ids)
    boxes: list[dict[str, Any]] = []
    for thread in threads:
        messages = rows.get(thread.id, [])
        if messages:
            counters = count_thread(messages, archived_at=thread.archived_at)
            _write(thread, counters)
            boxes.extend(_box_rows(thread, counters))
    db.session.flush()
    db.session.execute(
        sa.delete(ThreadBox)
        .where(ThreadBox.thread_id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    if boxes:
        db.session.execute(insert(ThreadBox), boxes)


def _write(thread: Thread, counters: Counters) -> None:
    for name, value in counters.columns().items():
        if getattr(thread, name) != value:
            setattr(thread, name, value)


def _box_rows(thread: Thread, counters: Counters) -> list[dict[str, Any]]:
    return [
        {
            "workspace_id": thread.workspace_id,
            "thread_id": thread.id,
            "role": role,
            "account_id": thread.account_id,
            "last_at": last_at,
            "is_unread": counters.unread_count > 0,
        }
        for role, last_at in boxes_of(counters).items()
    ]


def set_match(message_id: int, link: Link) -> None:
    """Note which mail of ours a stored message answers, and how that was found."""
    db.session.execute(
        sa.update(Message)
        .where(Message.id == message_id)
        .values(
            outbox_id=link.outbox_id,
            match_method=link.method,
            match_confidence=link.confidence,
        )
    )
