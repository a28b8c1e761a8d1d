"""Reads of the list: one box as an index scan. Pages never use an OFFSET nor a live count."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import SEARCH_COUNTED, Page, count_rows, keyset_page
from app.mailhub.schemas import ThreadFilter
from app.models import Campaign, EmailAccount, Folder, Message, Thread, ThreadBox

AnyRow = sa.Row[*tuple[Any, ...]]

PAGE = 50
BADGE_LIMIT = 100
# Searching looks at this many of the newest hits at most; beyond it the words are too common.
SEARCH_CAP = 2_000


@dataclass(frozen=True)
class Place:
    """An account in the left pane: its unread threads and how far its first sync is."""

    account: EmailAccount
    unread: int
    done: int
    total: int


def list_threads(
    wanted: ThreadFilter, cursor: str | None = None, limit: int = PAGE, offset: int = 0
) -> Page[AnyRow]:
    """One page of a box, newest first. Rows carry `Thread`, `last_at` and `thread_id`."""
    statement = (
        sa.select(Thread, ThreadBox.last_at, ThreadBox.thread_id, ThreadBox.is_unread)
        .join(ThreadBox, ThreadBox.thread_id == Thread.id)
        .where(*_conditions(wanted))
    )
    if wanted.q:
        statement = statement.where(_matches(wanted.q))
    keys = (ThreadBox.last_at, ThreadBox.thread_id)
    return keyset_page(statement, keys, cursor, limit=limit, offset=offset, scalars=False)


def count_threads(wanted: ThreadFilter) -> int:
    """How many threads a box has; of those that match a search, 10,000 at most."""
    statement = sa.select(ThreadBox.thread_id).where(*_conditions(wanted))
    if wanted.campaign:
        statement = statement.join(Thread, Thread.id == ThreadBox.thread_id)
    if wanted.q:
        return count_rows(statement.where(_matches(wanted.q)), SEARCH_COUNTED)
    return count_rows(statement)


def _conditions(wanted: ThreadFilter) -> list[sa.ColumnExpressionArgument[bool]]:
    conditions: list[sa.ColumnExpressionArgument[bool]] = [ThreadBox.role == wanted.role]
    if wanted.account:
        conditions.append(ThreadBox.account_id == wanted.account)
    if wanted.campaign:
        conditions.append(Thread.campaign_id == wanted.campaign)
    if wanted.unread:
        conditions.append(ThreadBox.is_unread)
    return conditions


def _matches(q: str) -> sa.ColumnElement[bool]:
    """Threads with a message whose subject, people or own words match.

    Rare words are looked up in the index first. Words so common that the cap is reached are
    cheaper to check while walking the list from its newest end.
    """
    found = db.session.scalars(
        sa.select(Message.thread_id).where(_message_matches(q)).limit(SEARCH_CAP)
    ).all()
    if len(found) < SEARCH_CAP:
        return ThreadBox.thread_id.in_(set(found))
    walked = sa.select(Message.id).where(
        Message.thread_id == ThreadBox.thread_id, _message_matches(q)
    )
    return walked.exists()


def _message_matches(q: str) -> sa.ColumnElement[bool]:
    words = Message.search.op("@@")(sa.func.websearch_to_tsquery("simple", q))
    if "@" not in q:
        return words
    return sa.or_(words, Message.from_email.ilike(f"%{_escaped(q)}%"))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def get_thread(thread_id: int) -> Thread:
    """A thread of this workspace; the id of a merged one leads to where it went.

    Errors: NotFound.
    """
    for _ in range(5):
        thread = db.session.scalar(sa.select(Thread).where(Thread.id == thread_id))
        if thread is None:
            raise NotFound("This conversation does not exist.")
        if thread.merged_into_id is None:
            return thread
        thread_id = thread.merged_into_id
    raise NotFound("This conversation does not exist.")


def threads_by_ids(ids: Collection[int]) -> list[Thread]:
    """Those of the threads that are in this workspace."""
    return list(db.session.scalars(sa.select(Thread).where(Thread.id.in_(list(ids)))))


def ids_merged_into(thread_id: int) -> list[int]:
    """Older ids of a thread."""
    return list(db.session.scalars(sa.select(Thread.id).where(Thread.merged_into_id == thread_id)))


def still_listed(wanted: ThreadFilter, ids: Iterable[int]) -> set[int]:
    """Those of the threads that stand in the box, whatever their place."""
    statement = (
        sa.select(ThreadBox.thread_id)
        .join(Thread, Thread.id == ThreadBox.thread_id)
        .where(ThreadBox.thread_id.in_(list(ids)), *_conditions(wanted))
    )
    return set(db.session.scalars(statement))


def unread_count(limit: int = BADGE_LIMIT) -> int:
    """Unread threads of the inbox, counted no further than `limit`."""
    some = (
        sa.select(ThreadBox.thread_id)
        .where(ThreadBox.role == "inbox", ThreadBox.is_unread)
        .limit(limit)
        .subquery()
    )
    return db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def places() -> list[Place]:
    """Accounts with their unread threads (no further than the badge counts) and sync progress."""
    some = (
        sa.select(ThreadBox.account_id)
        .where(ThreadBox.role == "inbox", ThreadBox.is_unread)
        .limit(BADGE_LIMIT * 10)
        .subquery()
    )
    counts = db.session.execute(
        sa.select(some.c.account_id, sa.func.count()).group_by(some.c.account_id)
    )
    unread = {row[0]: row[1] for row in counts}
    progress = {
        row.account_id: row.progress
        for row in db.session.execute(
            sa.select(Folder.account_id, Folder.progress).where(Folder.role == "inbox")
        )
    }
    return [_place(one, unread, progress.get(one.id) or {}) for one in _accounts()]


def _accounts() -> list[EmailAccount]:
    return list(
        db.session.scalars(
            sa.select(EmailAccount)
            .where(EmailAccount.removed_at.is_(None))
            .order_by(EmailAccount.email)
        )
    )


def _place(account: EmailAccount, unread: dict[int, int], progress: dict[str, Any]) -> Place:
    return Place(
        account,
        unread.get(account.id, 0),
        int(progress.get("done", 0)),
        int(progress.get("total", 0)),
    )


def account_colours() -> dict[int, int]:
    """The colour bar of each account, removed ones included: their mail stays."""
    rows = db.session.execute(sa.select(EmailAccount.id, EmailAccount.color))
    return {row.id: row.color % 8 for row in rows}


def get_account(account_id: int) -> EmailAccount:
    """The account of a thread. Errors: NotFound."""
    account = db.session.scalar(sa.select(EmailAccount).where(EmailAccount.id == account_id))
    if account is None:
        raise NotFound("This account does not exist.")
    return account


def rows_of(wanted: ThreadFilter, ids: Collection[int]) -> list[AnyRow]:
    """List rows of these threads, of those that stand in the box."""
    statement = (
        sa.select(Thread, ThreadBox.last_at, ThreadBox.thread_id, ThreadBox.is_unread)
        .join(ThreadBox, ThreadBox.thread_id == Thread.id)
        .where(ThreadBox.role == wanted.role, ThreadBox.thread_id.in_(list(ids)))
    )
    return list(db.session.execute(statement))


def campaign_name(campaign_id: int) -> str:
    """The name of a campaign, for the list that is filtered by it; empty when it is gone."""
    found = db.session.scalar(sa.select(Campaign.name).where(Campaign.id == campaign_id))
    return found or ""
