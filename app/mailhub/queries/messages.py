"""Reads of a conversation: its messages, their files, what is still on its way."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import NotFound
from app.models import Attachment, Folder, Lead, MailAction, Message, Outbox, Placement, TrackedLink
from app.sending.queries import pending_in_thread

MAX_SHOWN = 200
_IS_ANSWERABLE = sa.and_(Message.direction == "in", Message.kind.not_in(["bounce", "complaint"]))


def messages_of(thread_id: int, after_id: int = 0) -> list[Message]:
    """The messages of a thread, oldest first; of a huge thread the newest."""
    rows = db.session.scalars(
        sa.select(Message)
        .where(Message.thread_id == thread_id, Message.id > after_id)
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(MAX_SHOWN)
    ).all()
    return list(reversed(rows))


def get_message(message_id: int) -> Message:
    """One message of this workspace. Errors: NotFound."""
    message = db.session.scalar(sa.select(Message).where(Message.id == message_id))
    if message is None:
        raise NotFound("This message does not exist.")
    return message


def attachments_of(message_ids: Collection[int]) -> dict[int, list[Attachment]]:
    """Files by message."""
    found: dict[int, list[Attachment]] = defaultdict(list)
    rows = db.session.scalars(
        sa.select(Attachment)
        .where(Attachment.message_id.in_(list(message_ids)))
        .order_by(Attachment.id)
    )
    for row in rows:
        found[row.message_id].append(row)
    return found


def get_attachment(message_id: int, attachment_id: int) -> Attachment:
    """One file of a message. Errors: NotFound."""
    row = db.session.scalar(
        sa.select(Attachment).where(
            Attachment.id == attachment_id, Attachment.message_id == message_id
        )
    )
    if row is None:
        raise NotFound("This file does not exist.")
    return row


def get_part(message_id: int, part: str) -> Attachment:
    """The file that is this part of a message, such as 1.2. Errors: NotFound."""
    row = db.session.scalar(
        sa.select(Attachment).where(Attachment.message_id == message_id, Attachment.part == part)
    )
    if row is None:
        raise NotFound("This file does not exist.")
    return row


def pending_mails(thread_ids: Sequence[int]) -> list[Outbox]:
    """Replies that have not left yet, and those that could not."""
    return [row for thread_id in thread_ids for row in pending_in_thread(thread_id)]


def get_pending(outbox_id: int) -> Outbox | None:
    """An outbox row of this workspace."""
    return db.session.scalar(sa.select(Outbox).where(Outbox.id == outbox_id))


def get_lead(lead_id: int) -> Lead | None:
    """The lead a thread belongs to."""
    return db.session.scalar(sa.select(Lead).where(Lead.id == lead_id))


def link_targets(link_ids: Collection[int]) -> dict[int, str]:
    """Where tracked links of this workspace lead."""
    rows = db.session.execute(
        sa.select(TrackedLink.id, TrackedLink.url).where(TrackedLink.id.in_(list(link_ids)))
    )
    return {row.id: row.url for row in rows}


def unseen_inbound(thread_ids: Collection[int]) -> list[Message]:
    """Inbound messages not read yet."""
    return list(
        db.session.scalars(
            sa.select(Message).where(
                Message.thread_id.in_(list(thread_ids)),
                Message.direction == "in",
                Message.is_seen.is_(False),
            )
        )
    )


def newest_inbound(thread_id: int) -> Message | None:
    """The last message somebody else wrote."""
    return db.session.scalar(
        sa.select(Message)
        .where(Message.thread_id == thread_id, Message.direction == "in")
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(1)
    )


def to_answer(thread_id: int) -> Message | None:
    """The mail a reply answers: the last of a person, not a report of a mail server; else the last
    of ours."""
    return db.session.scalar(
        sa.select(Message)
        .where(Message.thread_id == thread_id)
        .order_by(
            sa.case((_IS_ANSWERABLE, 0), (Message.direction == "out", 1), else_=2),
            Message.at.desc(),
            Message.id.desc(),
        )
        .limit(1)
    )


def newest(thread_id: int) -> Message | None:
    """The last message of a thread."""
    return db.session.scalar(
        sa.select(Message)
        .where(Message.thread_id == thread_id)
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(1)
    )


def claim_actions(account_id: int, now: datetime, limit: int = 500) -> list[MailAction]:
    """Actions that wait for the provider, locked against other workers."""
    return list(
        db.session.scalars(
            sa.select(MailAction)
            .where(
                MailAction.account_id == account_id,
                MailAction.state == "pending",
                MailAction.not_before <= now,
            )
            .order_by(MailAction.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )


def actions_by_ids(ids: Collection[int]) -> list[MailAction]:
    """Actions again, after the provider was spoken to."""
    return list(db.session.scalars(sa.select(MailAction).where(MailAction.id.in_(list(ids)))))


def spots_of(message_ids: Collection[int]) -> dict[int, list[tuple[str, int]]]:
    """(folder, uid) of each message on the server."""
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    rows = db.session.execute(
        sa.select(Placement.message_id, Folder.remote_name, Placement.uid)
        .join(Folder, Folder.id == Placement.folder_id)
        .where(
            Placement.message_id.in_(list(message_ids)),
            Placement.uidvalidity == Folder.uidvalidity,
            Placement.vanished_at.is_(None),
        )
    )
    for row in rows:
        found[row.message_id].append((row.remote_name, row.uid))
    return found


def accounts_with_actions(now: datetime, stuck_before: datetime) -> list[tuple[int, int]]:
    """(workspace, account) with actions that are due or stuck; over all workspaces."""
    rows = db.session.execute(
        sa.select(MailAction.workspace_id, MailAction.account_id)
        .where(
            sa.or_(
                sa.and_(MailAction.state == "pending", MailAction.not_before <= now),
                sa.and_(MailAction.state == "running", MailAction.not_before < stuck_before),
            )
        )
        .distinct()
    )
    return [(row.workspace_id, row.account_id) for row in rows]
