"""Reads the installation's own mail (verify, invite, reset) back from the sandbox, by IMAP.

The system sender's Sent folder is the spool: it holds exactly what the installation sent and
nothing of any workspace. Whose mail is shown is decided here by the recipient's address.
"""

import email
import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import getaddresses

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from app.core.errors import Unavailable
from app.core.settings import settings
from app.sandbox.passwords import SYSTEM_ADDRESS, sandbox_password

HOST = "127.0.0.1"
TIMEOUT = 5
SHOWN = 30


@dataclass(frozen=True)
class SpooledMail:
    """A mail of the installation."""

    uid: int
    to: str
    subject: str
    at: datetime
    text: str


def read_spool(recipient: str | None) -> list[SpooledMail]:
    """The newest system mails, newest first; with `recipient` only those to that address.

    Errors: Unavailable (the sandbox does not answer).
    """
    try:
        with IMAPClient(HOST, settings.sandbox_imap_port, ssl=False, timeout=TIMEOUT) as server:
            server.normalise_times = False
            server.login(SYSTEM_ADDRESS, sandbox_password(settings.sandbox_key, SYSTEM_ADDRESS))
            server.select_folder("Sent", readonly=True)
            uids = server.search(["TO", recipient] if recipient else ["ALL"])
            found = server.fetch(uids[-SHOWN:], ["BODY.PEEK[]", "INTERNALDATE"])
            mails = [_mail(uid, found[uid]) for uid in reversed(uids[-SHOWN:])]
    except (OSError, IMAPClientError) as error:
        raise Unavailable("The sandbox mail world does not answer. Is it running?") from error
    return [mail for mail in mails if recipient is None or mail.to == recipient.lower()]


def _mail(uid: int, data: dict[bytes, object]) -> SpooledMail:
    raw, at = data[b"BODY[]"], data[b"INTERNALDATE"]
    assert isinstance(raw, bytes)
    assert isinstance(at, datetime)
    message = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
    body = message.get_body(("plain",))
    recipients = getaddresses([str(message["To"] or "")])
    return SpooledMail(
        uid=uid,
        to=recipients[0][1].lower() if recipients else "",
        subject=str(message["Subject"] or ""),
        at=at,
        text=str(body.get_content()) if body else "",
    )
