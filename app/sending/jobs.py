"""Jobs of sending: drains per account, and the sweepers that make every ring replaceable."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import structlog

from app.core.clock import utcnow
from app.core.jobs import Queue, enqueue, job
from app.core.tenancy import unscoped, workspace_context
from app.core.transactions import unit_of_work
from app.sending import queries
from app.sending.copies import SETTLE_SECONDS, file_copies
from app.sending.drain import drain_account
from app.sending.news import announce
from app.sending.reconcile import expire_leases, look_up_doubtful
from app.sending.services import drop_queued_of_account
from app.sending.system_mail import send_system_mails

log = structlog.get_logger(__name__)


@job("sending.drain", queue=Queue.SEND, timeout=300)
def drain(account_id: int) -> None:
    """Send what is due on one account."""
    if drain_account(account_id).unfinished:
        enqueue("sending.drain", account_id=account_id, once=True)


@job("sending.ring_due", every=5)
def ring_due() -> None:
    """Ring for every account with mail that could leave now, and for news not told yet."""
    now = utcnow()
    with unscoped("due mail of every workspace"), unit_of_work():
        due = queries.accounts_to_ring(now)
        news = queries.accounts_with_news()
        system_mail = queries.system_mail_due(now)
    _ring("sending.drain", due)
    _ring("sending.announce", news)
    if system_mail:
        enqueue("sending.system_mail", once=True)


@job("sending.reconcile", every=5)
def reconcile() -> None:
    """Take rows from workers that vanished, and ring for evidence and copies that are due. Drop
    what was queued on an account in the very moment of its removal."""
    expire_leases()
    now = utcnow()
    with unscoped("doubtful mail of every workspace"), unit_of_work():
        doubtful = queries.accounts_in_doubt(now)
        copies = queries.accounts_with_copies_due(now - timedelta(seconds=SETTLE_SECONDS))
        removed = queries.removed_accounts_with_mail()
    _ring("sending.look_up", doubtful)
    _ring("sending.file_copies", copies)
    _ring("sending.drop_removed", removed)


@job("sending.drop_removed")
def drop_removed(account_id: int) -> None:
    """Cancel what is queued on a removed account. Safe to run again."""
    with unit_of_work():
        drop_queued_of_account(account_id)
    announce(account_id)


@job("sending.announce")
def announce_news(account_id: int) -> None:
    """Tell other rooms what happened to an account's mails."""
    announce(account_id)


@job("sending.look_up", queue=Queue.SYNC)
def look_up(account_id: int) -> None:
    """Look for evidence of an account's doubtful mails."""
    look_up_doubtful(account_id)


@job("sending.file_copies", queue=Queue.SYNC)
def file_sent_copies(account_id: int) -> None:
    """File copies in the account's Sent folder."""
    file_copies(account_id)


@job("sending.system_mail")
def system_mail() -> None:
    """Send mail of the installation."""
    send_system_mails()


def _ring(name: str, accounts: Iterable[tuple[int, int]]) -> None:
    for workspace_id, account_id in accounts:
        with workspace_context(workspace_id):
            enqueue(name, account_id=account_id, once=True)
