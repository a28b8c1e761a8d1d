"""Holding an account: the lease, who it makes the sender, and leaving politely."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from app.accounts.services import mail_provider
from app.core.clock import utcnow
from app.core.settings import settings
from app.core.transactions import unit_of_work
from app.providers.mail.base import MailProvider
from app.sending import statements
from app.sending.mail import Sender
from app.sending.policies import local_day
from app.sending.queries import account_for_sending
from app.sending.statements import Row


def take_lease(account_id: int) -> tuple[Sender, MailProvider] | None:
    """Become the one who sends on the account; None when somebody else is, or it has to wait."""
    with unit_of_work():
        rows = statements.run(
            statements.TAKE_LEASE,
            account_id=account_id,
            owner=f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}",
            lease=settings.send_lease_seconds,
            now=utcnow(),
        )
        account = account_for_sending(account_id) if rows else None
        if account is None:
            return None
        return sender_of(rows[0]), mail_provider(account)


def sender_of(row: Row) -> Sender:
    """The lease's answer as the drain uses it."""
    return Sender(
        account_id=row["id"],
        fence=row["fence"],
        email=row["email"],
        from_name=row["from_name"],
        sent_copy=row["sent_copy"],
        signature_html=row["signature_html"],
        gap_seconds=row["gap_seconds"],
        gap_jitter_seconds=row["gap_jitter_seconds"],
        time_zone=row["time_zone"],
        daily_limit=row["daily_limit"],
        ramp=(row["ramp_enabled"], row["ramp_start"], row["ramp_step"]),
        connected_on=local_day(row["connected_at"], row["time_zone"]),
    )


def answer_margin() -> float:
    """Seconds of lease that must be left before the final dot, to wait for its answer."""
    return min(settings.socket_timeout, settings.send_lease_seconds / 3)


@contextmanager
def closing(provider: MailProvider) -> Iterator[None]:
    """Say goodbye to the servers at the end."""
    try:
        yield
    finally:
        provider.close()


@contextmanager
def finishing_politely() -> Iterator[Callable[[], bool]]:
    """SIGTERM during a drain: the mail in hand is finished, no further one is begun."""
    told: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return

    def note(signum: int, _frame: FrameType | None) -> None:
        told.append(signum)

    before = signal.signal(signal.SIGTERM, note)
    try:
        yield lambda: bool(told)
    finally:
        signal.signal(signal.SIGTERM, before)
    if told:
        os.kill(os.getpid(), signal.SIGTERM)
