"""Accounts in the sandbox: two invented colleagues at a time, ready to send."""

from app.accounts.schemas import AccountSettingsInput, ConnectInput, ReconnectInput
from app.accounts.services import (
    connect_account,
    pause_account,
    reconnect_account,
    update_account,
)
from app.core.db import db
from app.core.errors import Conflict
from app.core.settings import settings
from app.models import EmailAccount
from app.providers.mail.base import Verification
from app.sandbox import queries
from app.sandbox.demo_copy import SIGNATURE
from app.sandbox.passwords import sandbox_password
from app.sandbox.persons import SENDERS, sender_address

HOST = "127.0.0.1"
AT_ONCE = 2
# Nothing to find out: the world is ours, and it files its own copy of what is sent.
FOUND = Verification(steps=(), files_sent_copy=True)


def add_sandbox_accounts(workspace_slug: str) -> list[EmailAccount]:
    """Connect the next two colleagues of the workspace's sandbox domain.

    They send without a slow start and almost without pauses. Errors: Conflict (all of them are
    connected already).
    """
    queries.lock_workspace()
    taken = queries.connected_addresses()
    free = [name for name in SENDERS if sender_address(name, workspace_slug) not in taken]
    if len(free) < AT_ONCE:
        raise Conflict("All invented colleagues of this workspace are connected already.")
    return [_connect(name, sender_address(name, workspace_slug)) for name in free[:AT_ONCE]]


def _connect(name: str, address: str) -> EmailAccount:
    entry = ConnectInput(
        email=address, from_name=name, provider_name="Sandbox", **_servers(address)
    )
    account = connect_account(entry, FOUND)
    account.is_sandbox = True
    rhythm = AccountSettingsInput(
        from_name=name,
        daily_limit=2000,
        ramp_enabled=False,
        gap_minutes=2 / 60,
        jitter_minutes=2 / 60,
        sent_copy="provider",
        signature_html=SIGNATURE.format(name=name),
    )
    update_account(account, rhythm)
    db.session.flush()
    return account


def follow_ports(account: EmailAccount) -> None:
    """Point a sandbox account to where the sandbox listens now; a paused one stays paused."""
    was, reason = account.status, account.status_reason
    reconnect_account(account, ReconnectInput(**_servers(account.email)), FOUND)
    if was == "paused":
        pause_account(account, reason)


def _servers(address: str) -> dict[str, str]:
    """Where the sandbox is and how to sign in, as a person would type it."""
    return {
        "imap_host": HOST,
        "imap_port": str(settings.sandbox_imap_port),
        "imap_security": "none",
        "smtp_host": HOST,
        "smtp_port": str(settings.sandbox_smtp_port),
        "smtp_security": "none",
        "password": sandbox_password(settings.sandbox_key, address),
    }
