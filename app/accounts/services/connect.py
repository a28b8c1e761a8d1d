"""Connecting a mailbox: find its servers, try them out, save it.

Trying out talks to servers that somebody typed in, so it is counted per person, only a few are
tried at the same time, and no transaction is open meanwhile: slow servers must hold neither all
threads that serve pages nor a database connection.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from app.accounts import policies, queries
from app.accounts.events import AccountConnected
from app.accounts.schemas import ConnectInput, ServersInput
from app.accounts.services.reach import mail_provider, provider_for
from app.auth.policies import normalise_email
from app.auth.services.throttle import count_attempt
from app.core.clock import utcnow
from app.core.context import Actor
from app.core.db import db
from app.core.egress import MAIL_PORTS, is_allowed_target
from app.core.errors import Conflict, Invalid, TooMany
from app.core.events import publish
from app.models import EmailAccount
from app.providers.mail.base import FolderRole, MailProvider, Server, Verification
from app.providers.mail.discovery import Discovery, discover

COLORS = 8
TAKEN = "This address is connected already."
BUSY = "Several mailboxes are being tried right now. Please try again in a moment."
TRIALS_AT_ONCE = 3  # of the threads of one web process
_turns = threading.BoundedSemaphore(TRIALS_AT_ONCE)


def propose_servers(email: str, actor: Actor) -> Discovery:
    """What the servers of this address may be. Errors: TooMany."""
    with _a_turn(actor):
        db.session.close()
        return discover(normalise_email(email))


def try_servers(email: str, entry: ServersInput, actor: Actor) -> Verification:
    """Sign in to both servers. Nothing is saved. Errors: Invalid (a port that is never used for
    mail), TooMany."""
    _check_ports(entry)
    secrets = entry.credentials(email)
    imap = Server(
        entry.imap_host,
        entry.imap_port,
        entry.imap_security,
        secrets["imap_username"],
        secrets["imap_password"],
    )
    smtp = Server(
        entry.smtp_host,
        entry.smtp_port,
        entry.smtp_security,
        secrets["smtp_username"],
        secrets["smtp_password"],
    )
    return _verify(provider_for(email, imap, smtp), actor)


def try_account(account: EmailAccount, actor: Actor) -> Verification:
    """Sign in with what is kept. Errors: TooMany."""
    return _verify(mail_provider(account), actor)


def require_unknown(email: str) -> None:
    """Errors: Invalid when the address is connected already in this workspace."""
    if queries.find_account_by_email(email):
        raise Invalid({"email": [TAKEN]})


def connect_account(entry: ConnectInput, found: Verification) -> EmailAccount:
    """Save a mailbox that was tried out, and tell that it is there.

    Errors: Invalid when the trial had failed, or the address is connected already.
    """
    _require_success(found)
    email = normalise_email(entry.email)
    require_unknown(email)
    account = EmailAccount(
        email=email,
        from_name=entry.from_name,
        provider_name=entry.provider_name or "Custom",
        connected_at=utcnow(),
        color=len(queries.list_accounts()) % COLORS,
    )
    _take_over(account, entry, found)
    try:
        with db.session.begin_nested():
            db.session.add(account)
    except IntegrityError as error:  # a double click: both tried it out at the same time
        raise Invalid({"email": [TAKEN]}) from error
    publish(AccountConnected(account.id))
    return account


def reconnect_account(account: EmailAccount, entry: ServersInput, found: Verification) -> None:
    """Give the same account new servers or a new password; it goes on where it was, and stays
    paused if it was.

    Errors: Invalid when the trial had failed, Conflict when the account was removed meanwhile.
    """
    _require_success(found)
    if account.removed_at is not None:
        raise Conflict("This account was removed.")
    state = account.status, account.status_reason, account.status_changed_at
    _take_over(account, entry, found)
    if state[0] == "paused":
        account.status, account.status_reason, account.status_changed_at = state
    account.retry_at = None
    publish(AccountConnected(account.id))


def _take_over(account: EmailAccount, entry: ServersInput, found: Verification) -> None:
    account.imap_host, account.imap_port = entry.imap_host, entry.imap_port
    account.smtp_host, account.smtp_port = entry.smtp_host, entry.smtp_port
    account.imap_security = entry.imap_security
    account.smtp_security = entry.smtp_security
    account.credentials = entry.credentials(account.email)
    account.capabilities = {"imap": list(found.capabilities)}
    account.sent_copy = _sent_copy(account.sent_copy, found)
    account.status, account.status_reason = "connected", ""
    account.status_changed_at = account.last_ok_at = utcnow()


def _sent_copy(known: str | None, found: Verification) -> str:
    """Who files the copy in Sent: what is known of the provider, else what was learnt, else us."""
    if found.files_sent_copy:
        return "provider"
    if known:
        return known
    has_folder = any(folder.role is FolderRole.SENT for folder in found.folders)
    return "append" if has_folder else "none"


def _require_success(found: Verification) -> None:
    if not found.ok:
        raise Invalid({step.name: [step.text] for step in found.steps if step.ok is False})


def _check_ports(entry: ServersInput) -> None:
    errors = {}
    for kind, host, port in (
        ("imap", entry.imap_host, entry.imap_port),
        ("smtp", entry.smtp_host, entry.smtp_port),
    ):
        if port not in MAIL_PORTS and not is_allowed_target(host, port):
            ports = ", ".join(map(str, sorted(MAIL_PORTS)))
            errors[f"{kind}_port"] = [f"Please use one of the ports for mail: {ports}."]
    if errors:
        raise Invalid(errors)


@contextmanager
def _a_turn(actor: Actor) -> Iterator[None]:
    """One of the few trials at a time. Errors: TooMany, for the person or for all together.
    Counted although the request may be refused later."""
    count_attempt(
        "account_probe",
        str(actor.user_id),
        actor.ip,
        limit=policies.PROBE_LIMIT,
        window=timedelta(hours=1),
    )
    if not _turns.acquire(blocking=False):
        raise TooMany(10, BUSY)
    try:
        yield
    finally:
        _turns.release()


def _verify(provider: MailProvider, actor: Actor) -> Verification:
    """Talk to the servers with no transaction open: nothing was written yet, nothing is lost."""
    with _a_turn(actor):
        db.session.close()
        try:
            return provider.verify()
        finally:
            provider.close()
