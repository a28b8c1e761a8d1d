"""The states of an account: connected, paused, disconnected, reconnect required, removed."""

from app.accounts import policies
from app.accounts.events import AccountBroken, AccountPaused, AccountRemoved, AccountResumed
from app.core.clock import utcnow
from app.core.errors import Conflict
from app.core.events import publish
from app.models import EmailAccount

MAX_REASON = 500


def pause_account(account: EmailAccount, reason: str = "") -> None:
    """Nothing leaves from the account any more; mail still comes in. Again: no effect."""
    if account.status not in policies.PAUSABLE:
        return
    _set(account, "paused", reason)
    publish(AccountPaused(account.id, account.status_reason))


def resume_account(account: EmailAccount) -> None:
    """Mail may leave again. Errors: Conflict when the account must be reconnected first."""
    if account.status == "reconnect_required":
        raise Conflict("This account has to be reconnected first.")
    if account.status == "connected":
        return
    _set(account, "connected", "")
    account.retry_at = None
    publish(AccountResumed(account.id))


def mark_reconnect_required(account: EmailAccount, reason: str = "") -> None:
    """The server refuses the password: only a person can help. Again: no effect."""
    if account.status in ("reconnect_required", "removed"):
        return
    _set(account, "reconnect_required", reason)
    publish(AccountBroken(account.id, account.status_reason))


def mark_disconnected(account: EmailAccount, reason: str = "") -> None:
    """The servers cannot be reached for long; tried again by itself. A paused account stays so."""
    if account.status != "connected":
        return
    _set(account, "disconnected", reason)
    publish(AccountBroken(account.id, account.status_reason))


def mark_working(account: EmailAccount) -> None:
    """The servers answered: a disconnected account is connected again."""
    account.last_ok_at = utcnow()
    if account.status == "disconnected":
        _set(account, "connected", "")
        publish(AccountResumed(account.id))


def mark_proven(account: EmailAccount) -> bool:
    """A person tried the account out and both servers let it in: what was wrong is over, a
    refused password too. A paused account stays so. Whether the account works again by this."""
    account.last_ok_at = utcnow()
    if account.status not in policies.NEEDS_A_PERSON:
        return False
    _set(account, "connected", "")
    account.retry_at = None
    publish(AccountResumed(account.id))
    return True


def remove_account(account: EmailAccount) -> None:
    """Take the account out. Its mail stays readable; its password is forgotten, and what it had
    still to send is cancelled by who hears of it. Again: no effect."""
    if account.removed_at is not None:
        return
    _set(account, "removed", "")
    account.removed_at = account.status_changed_at
    account.credentials = {}
    publish(AccountRemoved(account.id))


def _set(account: EmailAccount, status: str, reason: str) -> None:
    account.status = status
    account.status_reason = reason[:MAX_REASON]
    account.status_changed_at = utcnow()
