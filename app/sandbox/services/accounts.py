"""Accounts in the sandbox: two invented colleagues at a time, ready to send."""

from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import Conflict
from app.core.settings import settings
from app.models import EmailAccount
from app.sandbox import queries
from app.sandbox.demo_copy import SIGNATURE
from app.sandbox.passwords import sandbox_password
from app.sandbox.persons import SENDERS, sender_address

HOST = "127.0.0.1"
AT_ONCE = 2


def add_sandbox_accounts(workspace_slug: str) -> list[EmailAccount]:
    """Connect the next two colleagues of the workspace's sandbox domain.

    Errors: Conflict (all of them are connected already).
    """
    taken = {account.email for account in queries.sandbox_accounts()}
    free = [name for name in SENDERS if sender_address(name, workspace_slug) not in taken]
    if len(free) < AT_ONCE:
        raise Conflict(f"This workspace already has {len(taken)} sandbox accounts.")
    accounts = [_account(name, sender_address(name, workspace_slug)) for name in free[:AT_ONCE]]
    db.session.add_all(accounts)
    db.session.flush()
    return accounts


def _account(name: str, address: str) -> EmailAccount:
    """An account without ramp or long gaps; the sandbox files its own copy of what is sent."""
    password = sandbox_password(settings.sandbox_key, address)
    return EmailAccount(
        email=address,
        from_name=name,
        provider_name="Sandbox",
        imap_host=HOST,
        imap_port=settings.sandbox_imap_port,
        imap_security="none",
        smtp_host=HOST,
        smtp_port=settings.sandbox_smtp_port,
        smtp_security="none",
        credentials={
            "imap_username": address,
            "imap_password": password,
            "smtp_username": address,
            "smtp_password": password,
        },
        sent_copy="provider",
        is_sandbox=True,
        connected_at=utcnow(),
        daily_limit=5000,
        ramp_enabled=False,
        gap_seconds=2,
        gap_jitter_seconds=2,
        signature_html=SIGNATURE.format(name=name),
    )


def follow_ports() -> None:
    """Point sandbox accounts to where the sandbox listens now; needs `unscoped`."""
    for account in queries.misplaced_accounts():
        account.imap_port = settings.sandbox_imap_port
        account.smtp_port = settings.sandbox_smtp_port
        if account.status in ("disconnected", "reconnect_required"):
            account.status, account.status_reason = "connected", ""
