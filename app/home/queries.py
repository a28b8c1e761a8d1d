"""Reads of the dashboard and the palette. Each is bounded: no count runs over a whole history."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.db import db
from app.home.policies import Progress
from app.models import (
    Campaign,
    EmailAccount,
    Lead,
    Membership,
    Outbox,
    Thread,
    ThreadBox,
)

MANY = 1000  # beyond this a figure reads "1,000+"
SHOWN = 5
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Today:
    """The figures at the top of the dashboard."""

    sent: int
    sent_before: int  # by the same hour of the day before
    queued: int
    waiting_replies: int
    troubled_accounts: int
    active_campaigns: int


def today(since: datetime, now: datetime) -> Today:
    """What left from `since` to `now`, the same a day earlier, and what needs a person."""
    queued = sa.select(Outbox.id).where(Outbox.state == "queued")
    return Today(
        sent=_count(_sent(since, now)),
        sent_before=_count(_sent(since - DAY, now - DAY)),
        queued=_count(queued),
        waiting_replies=_count(_waiting().with_only_columns(Thread.id)),
        troubled_accounts=_count(_troubled().with_only_columns(EmailAccount.id)),
        active_campaigns=_count(_active().with_only_columns(Campaign.id)),
    )


def _sent(start: datetime, end: datetime) -> sa.Select[int]:
    """Mails that left in between; tests do not count."""
    return sa.select(Outbox.id).where(
        Outbox.state == "sent", Outbox.sent_at.between(start, end), Outbox.kind != "test"
    )


def waiting_replies(limit: int = SHOWN) -> list[Thread]:
    """Conversations in the inbox whose last word is a person's, newest first."""
    return list(db.session.scalars(_waiting().order_by(Thread.last_in_at.desc()).limit(limit)))


def troubled_accounts(limit: int = SHOWN) -> list[EmailAccount]:
    """Accounts that cannot send or receive until somebody acts."""
    return list(db.session.scalars(_troubled().order_by(EmailAccount.email).limit(limit)))


def active_campaigns(limit: int = SHOWN) -> list[Campaign]:
    """Campaigns that are sending, newest first."""
    newest_first = _active().order_by(Campaign.created_at.desc(), Campaign.id.desc())
    return list(db.session.scalars(newest_first.limit(limit)))


def progress(workspace_id: int, *, is_verified: bool) -> Progress:
    """Which first steps the workspace has behind it."""
    live = Campaign.deleted_at.is_(None)
    members = sa.select(Membership.id).where(Membership.workspace_id == workspace_id)
    return Progress(
        is_verified=is_verified,
        has_account=_any(sa.select(EmailAccount.id).where(EmailAccount.removed_at.is_(None))),
        has_leads=_any(sa.select(Lead.id)),
        has_campaign=_any(sa.select(Campaign.id).where(live)),
        has_launched=_any(sa.select(Campaign.id).where(live, Campaign.launched_at.is_not(None))),
        has_teammate=len(db.session.scalars(members.limit(2)).all()) > 1,
    )


def find_accounts(text: str, limit: int = SHOWN) -> list[EmailAccount]:
    """Accounts whose address holds the text."""
    stmt = (
        sa.select(EmailAccount)
        .where(
            EmailAccount.removed_at.is_(None), EmailAccount.email.icontains(text, autoescape=True)
        )
        .order_by(EmailAccount.email)
        .limit(limit)
    )
    return list(db.session.scalars(stmt))


def _waiting() -> sa.Select[Thread]:
    return (
        sa.select(Thread)
        .join(ThreadBox, sa.and_(ThreadBox.thread_id == Thread.id, ThreadBox.role == "inbox"))
        .where(
            Thread.kind == "human",
            Thread.archived_at.is_(None),
            Thread.last_in_at.is_not(None),
            sa.or_(Thread.last_out_at.is_(None), Thread.last_in_at > Thread.last_out_at),
        )
    )


def _troubled() -> sa.Select[EmailAccount]:
    return sa.select(EmailAccount).where(
        EmailAccount.removed_at.is_(None),
        EmailAccount.status.in_(("reconnect_required", "disconnected", "paused")),
    )


def _active() -> sa.Select[Campaign]:
    return sa.select(Campaign).where(Campaign.status == "active", Campaign.deleted_at.is_(None))


def _count(stmt: sa.Select[int]) -> int:
    """At most MANY: a figure on a dashboard must not cost more the longer the history is."""
    capped = stmt.limit(MANY).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(capped)) or 0


def _any(stmt: sa.Select[int]) -> bool:
    return db.session.scalar(stmt.limit(1)) is not None
