"""Reads of sync: folders and cursors, placements, and the mail of ours that answers may name."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from app.core.db import db
from app.models import EmailAccount, Folder, MailAction, Message, Outbox, Placement, Thread
from app.sync.policies import READABLE_STATUSES, SYNCED_ROLES

AnyRow = sa.Row[*tuple[Any, ...]]


def readable_account(account_id: int) -> EmailAccount | None:
    """The account when its mail may be read now."""
    return db.session.scalar(
        sa.select(EmailAccount).where(
            EmailAccount.id == account_id,
            EmailAccount.status.in_(READABLE_STATUSES),
            EmailAccount.removed_at.is_(None),
        )
    )


def folders_of(account_id: int) -> list[Folder]:
    """All known folders of an account, the inbox first."""
    rows = db.session.scalars(
        sa.select(Folder)
        .where(Folder.account_id == account_id)
        .order_by(sa.case((Folder.role == "inbox", 0), else_=1), Folder.id)
    )
    return list(rows)


def placed_uids(folder_id: int, uidvalidity: int) -> set[int]:
    """Which UIDs of a folder are stored already."""
    return set(
        db.session.scalars(
            sa.select(Placement.uid).where(
                Placement.folder_id == folder_id, Placement.uidvalidity == uidvalidity
            )
        )
    )


def messages_at(folder_id: int, uidvalidity: int, uids: Collection[int]) -> dict[int, AnyRow]:
    """Message id, thread and flags by UID."""
    rows = db.session.execute(
        sa.select(
            Placement.uid,
            Message.id,
            Message.thread_id,
            Message.direction,
            Message.is_seen,
            Message.is_flagged,
        )
        .join(Message, Message.id == Placement.message_id)
        .where(
            Placement.folder_id == folder_id,
            Placement.uidvalidity == uidvalidity,
            Placement.uid.in_(list(uids)),
        )
    )
    return {row.uid: row for row in rows}


def placements_of(folder_id: int) -> list[AnyRow]:
    """Where the messages of a folder stand, with what identifies them on the server."""
    rows = db.session.execute(
        sa.select(
            Placement.uidvalidity, Placement.uid, Placement.message_id.label("row_id"),
            Message.message_id, Message.size, Message.at,
        )
        .join(Message, Message.id == Placement.message_id)
        .where(Placement.folder_id == folder_id)
    )  # fmt: skip
    return list(rows)


def open_flag_actions(message_ids: Iterable[int], settled_after: datetime) -> set[tuple[int, str]]:
    """(message, kind) of changes made here that are still on their way to the server."""
    rows = db.session.execute(
        sa.select(MailAction.message_id, MailAction.kind).where(
            MailAction.message_id.in_(list(message_ids)),
            sa.or_(
                MailAction.state.in_(("pending", "running")),
                MailAction.done_at > settled_after,
            ),
        )
    )
    return {(row.message_id, row.kind) for row in rows}


def settled_vanished(before: datetime, limit: int = 1000) -> list[AnyRow]:
    """Placements that have been gone for a full cycle."""
    rows = db.session.execute(
        sa.select(Placement.folder_id, Placement.uidvalidity, Placement.uid, Placement.message_id)
        .where(Placement.vanished_at < before)
        .limit(limit)
    )
    return list(rows)


def placed_messages(message_ids: Iterable[int]) -> set[int]:
    """Those of the messages that still stand somewhere."""
    return set(
        db.session.scalars(
            sa.select(Placement.message_id)
            .where(Placement.message_id.in_(list(message_ids)))
            .distinct()
        )
    )


def threads_with_lead(thread_ids: Iterable[int]) -> dict[int, AnyRow]:
    """Campaign links of threads that have one."""
    rows = db.session.execute(
        sa.select(Thread.id, Thread.campaign_id, Thread.campaign_lead_id, Thread.lead_id).where(
            Thread.id.in_(list(thread_ids)), Thread.campaign_lead_id.is_not(None)
        )
    )
    return {row.id: row for row in rows}


def last_mail_to(account_id: int, emails: Collection[str], since: datetime) -> dict[str, AnyRow]:
    """The newest mail this account sent to each address."""
    if not emails:
        return {}
    rows = db.session.execute(
        sa.select(
            Outbox.to_email, Outbox.id, Outbox.campaign_id, Outbox.campaign_lead_id,
            Outbox.lead_id, Outbox.sent_at,
        )
        .ext(distinct_on(Outbox.to_email))
        .where(
            Outbox.account_id == account_id,
            Outbox.to_email.in_(list(emails)),
            Outbox.sent_at >= since,
        )
        .order_by(Outbox.to_email, Outbox.sent_at.desc())
    )  # fmt: skip
    return {row.to_email: row for row in rows}


def accounts_due(now: datetime, seen_before: datetime) -> list[tuple[int, int]]:
    """(workspace, account) of accounts nobody has looked into since; over all workspaces."""
    waiting = (
        sa.select(Folder.id)
        .where(
            Folder.account_id == EmailAccount.id,
            Folder.is_synced,
            sa.or_(Folder.last_synced_at.is_(None), Folder.last_synced_at < seen_before),
            sa.or_(Folder.retry_at.is_(None), Folder.retry_at <= now),
            sa.or_(Folder.lease_until.is_(None), Folder.lease_until < now),
        )
        .exists()
    )
    known = sa.select(Folder.id).where(Folder.account_id == EmailAccount.id).exists()
    rows = db.session.execute(
        sa.select(EmailAccount.workspace_id, EmailAccount.id)
        .where(_is_readable(), sa.or_(waiting, ~known))
        .order_by(EmailAccount.id)
    )
    return [(row.workspace_id, row.id) for row in rows]


def watched_folders() -> list[tuple[int, int, str]]:
    """(workspace, account, folder) to hold a waiting connection for; over all workspaces."""
    rows = db.session.execute(
        sa.select(EmailAccount.workspace_id, EmailAccount.id, Folder.remote_name)
        .join(Folder, Folder.account_id == EmailAccount.id)
        .where(_is_readable(), EmailAccount.status != "disconnected", Folder.role == "inbox")
    )
    return [(row.workspace_id, row.id, row.remote_name) for row in rows]


def workspaces_with_vanished(before: datetime) -> list[int]:
    """Workspaces that have placements to settle."""
    return list(
        db.session.scalars(
            sa.select(Placement.workspace_id).where(Placement.vanished_at < before).distinct()
        )
    )


def _is_readable() -> sa.ColumnElement[bool]:
    return sa.and_(EmailAccount.status.in_(READABLE_STATUSES), EmailAccount.removed_at.is_(None))


def is_synced_role(role: str) -> bool:
    """Whether folders of this role are kept in step."""
    return role in SYNCED_ROLES
