"""Reactions of sync: a new account is read at once."""

from app.accounts.events import AccountConnected
from app.core.jobs import enqueue


def pull_new_account(event: AccountConnected) -> None:
    """Start the first sync as soon as the account is saved."""
    enqueue("sync.pull", account_id=event.account_id, once=True)
