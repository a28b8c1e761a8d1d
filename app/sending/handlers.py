"""What sending does when lower rooms say that something happened, in their transaction."""

from __future__ import annotations

from email.utils import parseaddr
from secrets import token_hex

from app.accounts.events import AccountRemoved
from app.core.db import db
from app.core.events import SystemMailRequested
from app.core.jobs import enqueue
from app.core.settings import settings
from app.leads.events import LeadSuppressed
from app.models import SystemMail
from app.sending.services import drop_queued_of_account, drop_suppressed


def queue_system_mail(event: SystemMailRequested) -> None:
    """Put a mail of the installation into its table and ring for it."""
    domain = parseaddr(settings.system_from)[1].rpartition("@")[2] or "localhost"
    mail = SystemMail(
        purpose=event.purpose,
        to_email=event.to_email,
        subject=event.subject,
        body_text=event.body_text,
        body_html=event.body_html,
        message_id=f"{token_hex(12)}@{domain}",
    )
    db.session.add(mail)
    enqueue("sending.system_mail", once=True)


def drop_mail_to_suppressed(event: LeadSuppressed) -> None:
    """Nothing queued goes to an address that must not be contacted any more."""
    drop_suppressed(email=event.email, domain=event.domain)


def drop_mail_of_removed_account(event: AccountRemoved) -> None:
    """Nothing leaves from an account that is gone."""
    drop_queued_of_account(event.account_id)
