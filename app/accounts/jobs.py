"""Looking again at accounts whose servers could not be reached."""

import structlog

from app.accounts import queries
from app.accounts.services import (
    mail_provider,
    mark_reconnect_required,
    mark_working,
)
from app.core.jobs import Queue, enqueue, job
from app.core.tenancy import unscoped, workspace_context
from app.core.transactions import unit_of_work
from app.providers.mail.errors import AuthExpired

log = structlog.get_logger(__name__)


@job("accounts.check_disconnected", every=600)
def check_disconnected() -> None:
    """Ring for every disconnected account. Safe to run twice: a ring that waits is not doubled."""
    with unit_of_work(), unscoped("rings for accounts of all workspaces, reads ids only"):
        found = queries.disconnected_accounts()
    for workspace_id, account_id in found:
        with workspace_context(workspace_id), unit_of_work():
            enqueue("accounts.check", account_id=account_id, once=True)


@job("accounts.check", queue=Queue.DEFAULT)
def check(account_id: int) -> None:
    """Try one disconnected account. A server that answers brings it back; a refused password
    makes it wait for a person; anything else changes nothing."""
    with unit_of_work():
        account = queries.find_account(account_id)
        if account is None or account.status != "disconnected":
            return
        provider = mail_provider(account)
    try:
        found = provider.verify()
    finally:
        provider.close()
    with unit_of_work():
        account = queries.find_account(account_id)
        if account is None or account.status != "disconnected":
            return
        if found.ok:
            mark_working(account)
        elif isinstance(found.error, AuthExpired):
            mark_reconnect_required(account, found.error.text)
    log.info("account_checked", account_id=account_id, works=found.ok)
