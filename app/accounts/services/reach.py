"""From an account's row to its mailbox at the provider."""

from typing import cast

import structlog

from app.accounts.policies import UNREADABLE
from app.core.crypto import WrongSecret
from app.core.settings import settings
from app.models import EmailAccount
from app.providers.mail.base import MailProvider, Security, Server, Timeouts
from app.providers.mail.imap_smtp import ImapSmtpProvider, SentPolicy
from app.providers.mail.locked import LockedProvider

log = structlog.get_logger(__name__)


def mail_provider(account: EmailAccount) -> MailProvider:
    """The account's mailbox. Connects when it is first used and keeps the connection; the caller
    closes it. Holds copies of what it needs: the row may be expired meanwhile.

    Never raises: a saved password that cannot be read (its key was lost) makes a mailbox that
    refuses everything, as one does whose server refuses the password.
    """
    try:
        imap, smtp = _servers(account)
    except WrongSecret as error:
        log.error("credentials_unreadable", account_id=account.id, reason=str(error))
        return LockedProvider(UNREADABLE)
    return provider_for(account.email, imap, smtp, sent_copy=account.sent_copy)


def provider_for(
    email: str, imap: Server, smtp: Server, *, sent_copy: str = "append"
) -> MailProvider:
    """A mailbox by its servers, before there is any row."""
    return ImapSmtpProvider(
        email, imap, smtp, sent_copy=cast(SentPolicy, sent_copy), timeouts=timeouts()
    )


def timeouts() -> Timeouts:
    """Every wait for a mail server ends before the lease on an account does (checked at boot)."""
    total = float(settings.socket_timeout)
    return Timeouts(
        connect=min(10.0, total), reply=min(30.0, total), total=total, fetch=max(120.0, total)
    )


def _servers(account: EmailAccount) -> tuple[Server, Server]:
    secrets = account.credentials
    if not secrets:  # of a removed account
        raise WrongSecret("nothing is saved")
    imap = Server(
        account.imap_host,
        account.imap_port,
        cast(Security, account.imap_security),
        secrets["imap_username"],
        secrets["imap_password"],
    )
    smtp = Server(
        account.smtp_host,
        account.smtp_port,
        cast(Security, account.smtp_security),
        secrets["smtp_username"],
        secrets["smtp_password"],
    )
    return imap, smtp
