"""Sending what is due on one account: claim one row, commit, hand it over, record, go on.

The life of a row is told in docs/sending.md. What keeps it right: the claim is committed before
any byte leaves; the fence is asked right before the final dot; a result is written only while the
row is still ours; whatever this process does not get to write is found by the sweepers.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError

from app.accounts.services import mark_reconnect_required, pause_account
from app.core.blobs import put_blob
from app.core.clock import utcnow
from app.core.settings import settings
from app.core.statements import LOST, KeptConnection
from app.core.transactions import unit_of_work
from app.providers.mail.base import Envelope as WireEnvelope
from app.providers.mail.base import MailProvider, SendReceipt
from app.providers.mail.errors import MailError
from app.sending.claims import Claims, Done, LeaseLost
from app.sending.lease import closing, finishing_politely, take_lease
from app.sending.mail import Sender, StepDeleted, build
from app.sending.news import announce
from app.sending.policies import Decision, ForAccount, Next, after_error
from app.sending.queries import account_for_sending
from app.sending.render import Composed, MissingVariable, TemplateProblem
from app.sending.statements import Row

log = structlog.get_logger(__name__)
SLICE_SECONDS = 20.0  # of one job; what is left is rung for again
ANNOUNCE_EVERY = 200  # mails, or
ANNOUNCE_SECONDS = 2.0


@dataclass(frozen=True)
class Drained:
    """How many mails left, and whether time ran out before the account was empty."""

    sent: int = 0
    unfinished: bool = False


def drain_account(account_id: int, *, seconds: float = SLICE_SECONDS) -> Drained:
    """Send what is due on the account, for a while.

    Nothing happens when another worker has the account. Safe to be killed at any point.
    """
    taken = take_lease(account_id)
    if taken is None:
        return Drained()
    sender, provider = taken
    with (
        finishing_politely() as told_to_stop,
        closing(provider),
        contextlib.closing(KeptConnection()) as connection,
    ):
        drain = Drain(sender, provider, Claims(sender, connection))
        ends = time.monotonic() + seconds
        try:
            drain.run(lambda: not told_to_stop() and time.monotonic() < ends)
        except LeaseLost:
            log.warning("lease_lost", account_id=account_id, fence=sender.fence)
        finally:
            drain.leave()
    return Drained(drain.sent, drain.unfinished)


class Drain:
    """One lease's worth of sending."""

    def __init__(self, sender: Sender, provider: MailProvider, claims: Claims) -> None:
        self.sender = sender
        self.provider = provider
        self.claims = claims
        self.sent = 0
        self.unfinished = False
        self.campaigns = True  # false once today's limit is reached
        self.touched: list[int] = []
        self._unannounced = 0
        self._announced_at = time.monotonic()

    # -- the loop --------------------------------------------------------------------------
    def run(self, may_go_on: Callable[[], bool]) -> None:
        """Until nothing is due, `may_go_on` says no, or the account has to wait."""
        done: Done | None = None
        while True:
            self.unfinished = not may_go_on()
            row = self._record_and_claim(done, take=not self.unfinished)
            done = None
            if row is None:
                return
            if row["state"] != "sending":  # stopped in the claim: suppressed or too late
                self._count_news()
                continue
            done, go_on = self._hand_over(row)
            if not go_on:
                return

    def _record_and_claim(self, done: Done | None, *, take: bool) -> Row | None:
        """Record the mail before and claim the next. Survives a database that is away for a while.

        None when there is nothing to send now. Errors: LeaseLost.
        """
        try:
            answer = self.claims.record_and_claim(done, take=take, campaigns=self.campaigns)
        except LOST:
            if done is not None and self.claims.record_patiently(done):
                self._count_news(sent=1)
            return None
        if done is not None:
            if not answer["recorded"]:
                raise LeaseLost
            self._count_news(sent=1)
        if answer["id"] is None and answer["picked"]:
            return self._without_campaigns(take=take)
        return answer if answer["id"] is not None else None

    def _without_campaigns(self, *, take: bool) -> Row | None:
        """Today's limit is reached: manual mail still goes."""
        if not self.campaigns:
            return None
        self.campaigns = False
        return self._record_and_claim(None, take=take)

    # -- one mail --------------------------------------------------------------------------
    def _hand_over(self, row: Row) -> tuple[Done | None, bool]:
        """Send one claimed row. (what is to be recorded, whether to go on)"""
        self.touched.append(row["id"])
        subject = ""
        try:
            composed, envelope = build(row, self.sender)
            subject = composed.subject
            blob = put_blob(composed.raw) if self.sender.sent_copy == "append" else None
            wire = WireEnvelope(self.sender.email, envelope.recipients, composed.raw)
            receipt = self.provider.send(wire, self.claims.fence_check(row["id"]))
        except MailError as error:
            return None, self._settle(row, error, _judge(error, row), subject)
        except (TemplateProblem, StepDeleted, ValueError) as error:
            return None, self._settle(row, error, _content_problem(error), subject)
        return self._done(row["id"], composed, receipt, blob), True

    def _done(
        self, row_id: int, composed: Composed, receipt: SendReceipt, blob: str | None
    ) -> Done:
        own_id = receipt.provider_id.strip("<>")
        return Done(
            row_id=row_id,
            sent_at=utcnow(),
            subject=composed.subject,
            provider_message_id=own_id if "@" in own_id else None,
            raw_blob=blob,
            sent_copy_due=self.sender.sent_copy == "append",
        )

    def _settle(self, row: Row, error: Exception, decision: Decision, subject: str) -> bool:
        """Write any other end of an attempt, and what it means for the account. Go on?"""
        if decision.row is Next.LET_GO:
            raise LeaseLost
        with unit_of_work():
            self.claims.settle(row, decision, words=_words(error), subject=subject)
            self._tell_accounts(decision, _words(error))
        self._count_news()
        return decision.account is ForAccount.NOTHING

    def _tell_accounts(self, decision: Decision, words: str) -> None:
        verbs = {
            ForAccount.PAUSE: pause_account,
            ForAccount.RECONNECT: mark_reconnect_required,
        }
        verb = verbs.get(decision.account)
        account = account_for_sending(self.sender.account_id) if verb else None
        if verb and account:
            verb(account, words)

    def leave(self) -> None:
        """Give back what was claimed and never touched, tell the news, release the lease."""
        with suppress(DBAPIError):
            self.claims.give_back(self.touched)
        self._announce()

    # -- news -------------------------------------------------------------------------------
    def _count_news(self, *, sent: int = 0) -> None:
        self.sent += sent
        self._unannounced += 1
        late = time.monotonic() - self._announced_at > ANNOUNCE_SECONDS
        if late or self._unannounced >= ANNOUNCE_EVERY:
            self._announce()

    def _announce(self) -> None:
        """Tell other rooms. Their trouble must not stop the mail; the sweeper tells it again."""
        if not self._unannounced:
            return
        self._unannounced, self._announced_at = 0, time.monotonic()
        try:
            announce(self.sender.account_id)
        except Exception:
            log.exception("announcement_failed", account_id=self.sender.account_id)


def _judge(error: MailError, row: Row) -> Decision:
    # Spread, so that accounts at one server do not come back together.
    spread = random.random()  # noqa: S311
    return after_error(error, row["attempts"], spread, float(settings.reconcile_waits[0]))


def _content_problem(error: Exception) -> Decision:
    family = "missing_variable" if isinstance(error, MissingVariable) else "content"
    return Decision(Next.HOLD, family=family)


def _words(error: Exception) -> str:
    return (error.text if isinstance(error, MailError) else str(error))[:500]
