"""What a worker may write while it holds an account: claims, results, the fence, the way out.

Every statement here is conditional on the fence, so a worker that lost its account writes nothing.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.core.clock import boot_seconds, utcnow
from app.core.settings import settings
from app.core.statements import LOST, KeptConnection
from app.core.transactions import unit_of_work
from app.sending import statements
from app.sending.lease import answer_margin
from app.sending.mail import Sender
from app.sending.policies import Decision, ForAccount, Next, day_limit, local_day
from app.sending.statements import Row

FRESH_SECONDS = 1.0  # of a claim: so long its own lease is proof enough, see ADR 11
_STATES = {Next.AGAIN: "queued", Next.FAIL: "failed", Next.HOLD: "held", Next.DOUBT: "uncertain"}
_EVENTS = {Next.AGAIN: "deferred", Next.FAIL: "failed", Next.HOLD: "held", Next.DOUBT: "uncertain"}


@dataclass(frozen=True)
class Done:
    """A mail its server has taken, not recorded yet."""

    row_id: int
    sent_at: datetime
    subject: str
    provider_message_id: str | None
    raw_blob: str | None
    sent_copy_due: bool


class LeaseLost(Exception):
    """Another worker owns the account: nothing may be written or sent any more."""


class Claims:
    """The rows of one account, as long as its lease lasts."""

    def __init__(self, sender: Sender, connection: KeptConnection) -> None:
        self.sender = sender
        self.connection = connection  # every statement on it is a transaction
        self._asked_at = 0.0

    def record_and_claim(self, done: Done | None, *, take: bool, campaigns: bool) -> Row:
        """Record the mail before and claim the next one that is due, in one transaction.

        `id` is None when nothing was claimed: because nothing is due, or, when one was `picked`,
        because today's limit is reached. `recorded` counts `done`. Errors: `LOST`.
        """
        now, sender = utcnow(), self.sender
        self._asked_at = boot_seconds()
        values: dict[str, Any] = {
            "now": now,
            "take": take,
            "account_id": sender.account_id,
            "fence": sender.fence,
            "lease": settings.send_lease_seconds,
            "campaigns": campaigns,
            "gap": self._gap(),
            "day": local_day(now, sender.time_zone),
            "limit": self._limit(now),
            "marks_dot": sender.sent_copy != "provider",
            "done_id": done.row_id if done else None,
            "sent_at": done.sent_at if done else None,
            "subject": done.subject if done else None,
            "provider_message_id": done.provider_message_id if done else None,
            "sent_copy_due": done.sent_copy_due if done else None,
            "raw_blob": done.raw_blob if done else None,
        }
        return statements.run(statements.RECORD_AND_CLAIM, self.connection, **values)[0]

    def record_patiently(self, done: Done) -> bool:
        """Write down a mail that was taken, through an outage of the database.

        Tried as long as nobody else may judge the row. False when an earlier try had reached the
        database, or the lease is lost.
        """
        deadline = time.monotonic() + settings.send_lease_seconds
        while time.monotonic() < deadline:
            try:
                return bool(self.record_and_claim(done, take=False, campaigns=False)["recorded"])
            except LOST:
                time.sleep(0.5)
        return False

    def fence_check(self, row_id: int) -> Callable[[], bool]:
        """Asked by the adapter right before the final dot: is the row still ours?"""
        if self.sender.sent_copy != "provider":
            return lambda: self._ask(statements.MARK_DOT, row_id)
        return lambda: self._is_fresh() or self._ask(statements.STILL_MINE, row_id)

    def settle(self, row: Row, decision: Decision, *, words: str, subject: str) -> None:
        """Write any other end of an attempt, in the current unit of work. Errors: LeaseLost."""
        now, state = utcnow(), _STATES[decision.row]
        later = now + timedelta(seconds=decision.wait)
        settled = statements.run(
            statements.SETTLE,
            id=row["id"],
            account_id=self.sender.account_id,
            fence=self.sender.fence,
            now=now,
            state=state,
            send_at=later if state == "queued" else None,
            next_check_at=_next_check(now) if state == "uncertain" else None,
            retry_at=later if decision.account is ForAccount.WAIT else None,
            family=decision.family,
            text=words,
            subject=subject,
            day=local_day(now, self.sender.time_zone),
            event=_EVENTS[decision.row],
            detail=json.dumps({"family": decision.family, "text": words}),
        )
        if not settled:
            raise LeaseLost

    def give_back(self, touched: Sequence[int]) -> None:
        """Give back the lease, and rows that were claimed for us and never `touched`."""
        fence = {"account_id": self.sender.account_id, "fence": self.sender.fence}
        with unit_of_work():
            statements.run(statements.GIVE_ROWS_BACK, touched=list(touched), now=utcnow(), **fence)
        with unit_of_work():
            statements.run(statements.GIVE_LEASE_BACK, **fence)

    def _gap(self) -> float:
        """Seconds to the next campaign mail; the planner spreads, this only catches up gently."""
        jitter = self.sender.gap_jitter_seconds * random.random() / 4  # noqa: S311
        return self.sender.gap_seconds + jitter

    def _limit(self, now: datetime) -> int:
        today = local_day(now, self.sender.time_zone)
        return day_limit(self.sender.daily_limit, self.sender.ramp, self.sender.connected_on, today)

    def _is_fresh(self) -> bool:
        """The claim was asked for so lately that its lease cannot have run out.

        Measured on a clock that goes on while a process or its machine is frozen.
        """
        return boot_seconds() - self._asked_at < min(
            FRESH_SECONDS, settings.send_lease_seconds / 20
        )

    def _ask(self, statement: str, row_id: int) -> bool:
        try:
            rows = statements.run(
                statement,
                self.connection,
                id=row_id,
                fence=self.sender.fence,
                margin=answer_margin(),
            )
        except LOST:
            return False  # nobody can say: abandon the message, it was not sent
        return bool(rows)


def _next_check(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.reconcile_waits[0])
