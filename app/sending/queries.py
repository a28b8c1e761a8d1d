"""Reads of the outbox: for the drain, the sweepers, the Outbox page and the rooms above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, keyset_page
from app.core.signing import read_ids
from app.models import AccountDay, EmailAccount, Outbox, SendEvent, Step, SystemMail

MESSAGE_TOKEN = "mail"  # noqa: S105 - a purpose, not a secret
ATTENTION = ("held", "failed", "uncertain")
SENDING_STATUSES = ("connected", "paused", "disconnected")


def get_outbox(outbox_id: int) -> Outbox:
    """One row of the outbox. Errors: NotFound."""
    row = db.session.scalar(sa.select(Outbox).where(Outbox.id == outbox_id))
    if row is None:
        raise NotFound("This mail is not in the outbox.")
    return row


def outbox_by_ids(ids: Iterable[int]) -> dict[int, Outbox]:
    """Rows by id; unknown ids are left out."""
    rows = db.session.scalars(sa.select(Outbox).where(Outbox.id.in_(list(ids))))
    return {row.id: row for row in rows}


def outbox_by_message_ids(message_ids: Iterable[str]) -> dict[str, Outbox]:
    """Rows by Message-ID without brackets, ours or the one the provider put in its place."""
    wanted = {value.strip().strip("<>") for value in message_ids if value}
    if not wanted:
        return {}
    match = sa.or_(Outbox.message_id.in_(wanted), Outbox.provider_message_id.in_(wanted))
    found: dict[str, Outbox] = {}
    for row in db.session.scalars(sa.select(Outbox).where(match)):
        found |= dict.fromkeys({row.message_id, row.provider_message_id or ""} & wanted, row)
    return found


def outbox_id_in_message_id(message_id: str) -> int | None:
    """The outbox id signed into one of our Message-IDs; None when it is not ours."""
    token = message_id.strip().strip("<>").partition("@")[0].rpartition(".")[2]
    ids = read_ids(MESSAGE_TOKEN, token)
    return ids[0] if ids and len(ids) == 1 else None


def pending_in_thread(thread_id: int) -> Sequence[Outbox]:
    """Manual mails of a thread that do not stand in it yet, and those that need a person.

    One that has left stays among them until its news is told: only that puts it into the thread.
    """
    states = ("queued", "sending", *ATTENTION)
    is_untold = sa.and_(Outbox.state == "sent", Outbox.announce_due)
    statement = (
        sa.select(Outbox)
        .where(Outbox.thread_id == thread_id, Outbox.kind == "manual")
        .where(sa.or_(Outbox.state.in_(states), is_untold))
        .order_by(Outbox.id)
    )
    return db.session.scalars(statement).all()


def attention_page(cursor: str | None = None, state: str = "", limit: int = 50) -> Page[Outbox]:
    """Held, failed and doubtful mails, the newest first; one state of them when it is named."""
    states = (state,) if state in ATTENTION else ATTENTION
    statement = sa.select(Outbox).where(Outbox.state.in_(states))
    return keyset_page(statement, (Outbox.id,), cursor, limit=limit)


def waits_for_a_person() -> bool:
    """Whether any mail is held."""
    held = sa.select(Outbox.id).where(Outbox.state == "held")
    return db.session.scalar(sa.select(held.exists())) or False


def attention_counts() -> dict[str, int]:
    """How many mails are held, failed or in doubt."""
    statement = (
        sa.select(Outbox.state, sa.func.count())
        .where(Outbox.state.in_(ATTENTION))
        .group_by(Outbox.state)
    )
    counts: dict[str, int] = {row[0]: row[1] for row in db.session.execute(statement)}
    return {state: counts.get(state, 0) for state in ATTENTION}


def events_of(outbox_id: int) -> Sequence[SendEvent]:
    """What happened to one mail, in order."""
    statement = sa.select(SendEvent).where(SendEvent.outbox_id == outbox_id).order_by(SendEvent.id)
    return db.session.scalars(statement).all()


def known_ids(intents: Sequence[str]) -> dict[str, int]:
    """Outbox ids by intent, of those that exist."""
    statement = sa.select(Outbox.intent, Outbox.id).where(Outbox.intent.in_(intents))
    return {str(intent): row_id for intent, row_id in db.session.execute(statement)}


def new_ids(count: int) -> list[int]:
    """Ids for rows to be inserted, so that their Message-IDs can carry them."""
    sequence = sa.func.pg_get_serial_sequence("outbox", "id")
    numbers = sa.select(sa.func.nextval(sequence)).select_from(
        sa.func.generate_series(1, count).alias("n")
    )
    return list(db.session.scalars(numbers))


def step_text(step_id: int) -> tuple[str, str] | None:
    """Subject and body of a step; None when it was deleted."""
    row = db.session.execute(sa.select(Step.subject, Step.body_html).where(Step.id == step_id))
    found = row.first()
    return (found[0], found[1]) if found else None


def account_for_sending(account_id: int) -> EmailAccount | None:
    """The account with its credentials."""
    return db.session.scalar(sa.select(EmailAccount).where(EmailAccount.id == account_id))


def sender_addresses(account_ids: Iterable[int]) -> dict[int, str]:
    """Addresses of accounts by id."""
    statement = sa.select(EmailAccount.id, EmailAccount.email).where(
        EmailAccount.id.in_(set(account_ids))
    )
    return {row.id: row.email for row in db.session.execute(statement)}


def accounts_to_ring(now: datetime, limit: int = 500) -> list[tuple[int, int]]:
    """(workspace, account) with mail that could leave now; needs `unscoped`."""
    due = sa.select(sa.literal(1)).where(
        Outbox.account_id == EmailAccount.id, Outbox.state == "queued", Outbox.send_at <= now
    )
    gap_over = sa.or_(EmailAccount.gap_until.is_(None), EmailAccount.gap_until <= now)
    campaigns = sa.and_(gap_over, EmailAccount.status != "paused", sa.exists(due))
    statement = (
        sa.select(EmailAccount.workspace_id, EmailAccount.id)
        .where(EmailAccount.removed_at.is_(None), EmailAccount.status.in_(SENDING_STATUSES))
        .where(sa.or_(EmailAccount.retry_at.is_(None), EmailAccount.retry_at <= now))
        .where(
            sa.or_(
                EmailAccount.lease_until.is_(None),
                EmailAccount.lease_until < sa.func.clock_timestamp(),
            )
        )
        .where(sa.or_(campaigns, sa.exists(due.where(Outbox.kind != "campaign"))))
        .order_by(EmailAccount.drained_at.asc().nulls_first())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def accounts_with_news(limit: int = 200) -> list[tuple[int, int]]:
    """(workspace, account) with announcements to make, removed accounts too; needs `unscoped`."""
    statement = (
        sa.select(Outbox.workspace_id, Outbox.account_id)
        .where(Outbox.announce_due)
        .distinct()
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def removed_accounts_with_mail(limit: int = 200) -> list[tuple[int, int]]:
    """(workspace, account) of removed accounts on which mail is queued; needs `unscoped`."""
    queued = sa.exists().where(Outbox.account_id == EmailAccount.id, Outbox.state == "queued")
    statement = (
        sa.select(EmailAccount.workspace_id, EmailAccount.id)
        .where(EmailAccount.removed_at.is_not(None), queued)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def accounts_with_copies_due(settled_before: datetime, limit: int = 200) -> list[tuple[int, int]]:
    """(workspace, account) with copies to file in Sent; needs `unscoped`."""
    due = sa.and_(Outbox.sent_copy_due, Outbox.sent_at < settled_before)
    free = sa.or_(EmailAccount.retry_at.is_(None), EmailAccount.retry_at < settled_before)
    return _marked(sa.and_(due, free), limit)


def accounts_in_doubt(now: datetime, limit: int = 200) -> list[tuple[int, int]]:
    """(workspace, account) with doubtful rows whose next look is due; needs `unscoped`."""
    return _marked(sa.and_(Outbox.state == "uncertain", Outbox.next_check_at <= now), limit)


def _marked(mark: sa.ColumnElement[bool] | Any, limit: int) -> list[tuple[int, int]]:
    statement = (
        sa.select(Outbox.workspace_id, Outbox.account_id)
        .join(EmailAccount, EmailAccount.id == Outbox.account_id)
        .where(mark, EmailAccount.removed_at.is_(None))
        .distinct()
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def copies_due(account_id: int, settled_before: datetime, limit: int = 50) -> Sequence[Outbox]:
    """Sent mails of an account whose copy is not filed yet, the oldest first."""
    statement = (
        sa.select(Outbox)
        .where(Outbox.account_id == account_id, Outbox.sent_copy_due)
        .where(Outbox.sent_at < settled_before)
        .order_by(Outbox.id)
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def last_acknowledged(account_id: int, not_id: int, before: datetime) -> str | None:
    """Message-ID of the newest mail of the account that its server certainly took."""
    acknowledged = sa.select(sa.literal(1)).where(
        SendEvent.outbox_id == Outbox.id, SendEvent.kind == "sent"
    )
    statement = (
        sa.select(Outbox.message_id)
        .where(Outbox.account_id == account_id, Outbox.state == "sent", Outbox.id != not_id)
        .where(Outbox.sent_at < before, ~Outbox.sent_copy_due, sa.exists(acknowledged))
        .order_by(Outbox.sent_at.desc())
        .limit(1)
    )
    return db.session.scalar(statement)


def system_mail_due(now: datetime) -> bool:
    """Whether any system mail waits to be sent."""
    due = sa.select(SystemMail.id).where(SystemMail.state == "queued", SystemMail.send_at <= now)
    return db.session.scalar(sa.select(due.exists())) or False


def sent_today(account_id: int, day: Any) -> AccountDay | None:
    """The day's counters of an account."""
    return db.session.scalar(
        sa.select(AccountDay).where(AccountDay.account_id == account_id, AccountDay.day == day)
    )
