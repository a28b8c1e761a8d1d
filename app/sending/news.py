"""Telling other rooms what became of mails: in batches, once each, in the batch's transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date

from app.core.events import publish
from app.core.transactions import unit_of_work
from app.sending import statements
from app.sending.events import MailCancelled, MailFailed, MailHeld, MailNote, MailSent
from app.sending.policies import CAMPAIGN, local_day
from app.sending.queries import account_for_sending
from app.sending.statements import Row

BATCH = 200
_EVENTS: dict[str, Callable[[tuple[MailNote, ...]], object]] = {
    "sent": MailSent,
    "failed": MailFailed,
    "held": MailHeld,
    "cancelled": MailCancelled,
}


def announce(account_id: int) -> int:
    """Publish what happened to an account's mails. How many.

    A handler that fails rolls its batch back and the marks stay; running it again is safe.
    """
    told = 0
    while True:
        with unit_of_work():
            rows = statements.run(statements.TAKE_NEWS, account_id=account_id, limit=BATCH)
            if rows:
                _count(account_id, rows)
                _publish(rows)
        told += len(rows)
        if len(rows) < BATCH:
            return told


def _publish(rows: Sequence[Row]) -> None:
    by_state: dict[str, list[MailNote]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["id"]):
        by_state[row["state"]].append(_note(row))
    for state, event in _EVENTS.items():
        if by_state[state]:
            publish(event(tuple(by_state[state])))


def _note(row: Row) -> MailNote:
    return MailNote(
        outbox_id=row["id"],
        kind=row["kind"],
        account_id=row["account_id"],
        campaign_id=row["campaign_id"],
        campaign_lead_id=row["campaign_lead_id"],
        step_id=row["step_id"],
        lead_id=row["lead_id"],
        thread_id=row["thread_id"],
        to_email=row["to_email"],
        subject=row["subject"],
        message_id=row["message_id"],
        provider_message_id=row["provider_message_id"],
        in_reply_to=row["in_reply_to"],
        references=tuple(row["references"]),
        at=row["sent_at"] or row["updated_at"],
        family=row["error_family"],
        reason=row["error_text"],
    )


def _count(account_id: int, rows: Sequence[Row]) -> None:
    """Add the batch to the account's daily counters, by the day of its own zone."""
    account = account_for_sending(account_id)
    zone = account.time_zone if account else "UTC"
    counts: dict[date, Counter[str]] = defaultdict(Counter)
    for row in rows:
        name = _counter(row)
        if name:
            counts[local_day(row["sent_at"] or row["updated_at"], zone)][name] += 1
    for day, found in counts.items():
        values = {name: found[name] for name in ("campaign", "manual", "failed")}
        statements.run(statements.COUNT_DAY, account_id=account_id, day=day, **values)


def _counter(row: Row) -> str:
    if row["state"] == "sent":
        return "campaign" if row["kind"] == CAMPAIGN else "manual"
    return "failed" if row["state"] == "failed" else ""
