"""The right to work on one folder: a lease for who works, a fence against those who overslept."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.db import db
from app.models import EmailAccount, Folder
from app.sync.policies import LEASE, retry_delay


class LeaseLost(RuntimeError):
    """Another worker has taken the folder over; what was read must not be applied."""


@dataclass(frozen=True)
class Scope:
    """A claimed folder and what is needed to read on from where it was left."""

    folder_id: int
    account_id: int
    account_email: str
    connected_at: datetime
    remote_name: str
    role: str
    fence: int
    uidvalidity: int | None
    last_synced_at: datetime | None
    cursor: dict[str, Any] = field(default_factory=dict)


def claim_folder(folder_id: int) -> Scope | None:
    """Take the lease of a folder; None when somebody else holds it."""
    now = utcnow()
    row = db.session.execute(
        sa.update(Folder)
        .where(
            Folder.id == folder_id,
            sa.or_(Folder.lease_until.is_(None), Folder.lease_until < now),
        )
        .values(lease_until=now + LEASE, fence=Folder.fence + 1)
        .returning(Folder)
        .execution_options(populate_existing=True)
    ).scalar()
    if row is None:
        return None
    account = db.session.get_one(EmailAccount, row.account_id)
    return Scope(
        folder_id=row.id,
        account_id=row.account_id,
        account_email=account.email.lower(),
        connected_at=account.connected_at,
        remote_name=row.remote_name,
        role=row.role,
        fence=row.fence,
        uidvalidity=row.uidvalidity,
        last_synced_at=row.last_synced_at,
        cursor=dict(row.cursor or {}),
    )


def hold_folder(scope: Scope) -> Folder:
    """The folder's row, locked, with the lease made longer. Errors: LeaseLost."""
    folder = db.session.scalar(
        sa.select(Folder)
        .where(Folder.id == scope.folder_id, Folder.fence == scope.fence)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if folder is None:
        raise LeaseLost(f"folder {scope.folder_id}, fence {scope.fence}")
    folder.lease_until = utcnow() + LEASE
    return folder


def release_folder(scope: Scope) -> None:
    """Give the lease back unless it is somebody else's by now."""
    db.session.execute(
        sa.update(Folder)
        .where(Folder.id == scope.folder_id, Folder.fence == scope.fence)
        .values(lease_until=None)
    )


def note_folder_failure(folder_id: int, sentence: str) -> None:
    """Remember why a folder could not be read, and leave it alone for a while."""
    folder = db.session.get(Folder, folder_id)
    if folder is not None:
        folder.failures += 1
        folder.error = sentence[:500]
        folder.retry_at = utcnow() + retry_delay(folder.failures)


def note_account_failure(account_id: int, sentence: str) -> int:
    """The server itself could not be reached: all folders of the account wait.

    Returns how many times in a row that has happened.
    """
    ids = db.session.scalars(
        sa.select(Folder.id).where(Folder.account_id == account_id, Folder.is_synced)
    ).all()
    for folder_id in ids:
        note_folder_failure(folder_id, sentence)
    most = sa.select(sa.func.max(Folder.failures)).where(Folder.account_id == account_id)
    return db.session.scalar(most) or 0
