"""Puts finished mails into folders of sandbox accounts, by IMAP as a mail program would."""

import socket
import time
from collections.abc import Iterable
from itertools import groupby

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientError

from app.core.errors import Unavailable
from app.core.settings import settings
from app.sandbox.history import Filing
from app.sandbox.passwords import sandbox_password

HOST = "127.0.0.1"
TIMEOUT = 10


def wait_for_world(seconds: float) -> None:
    """Return once the sandbox takes connections. Errors: Unavailable."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection((HOST, settings.sandbox_imap_port), timeout=1):
                return
        except OSError as error:
            if time.monotonic() > deadline:
                raise Unavailable("The sandbox mail world does not answer.") from error
            time.sleep(0.1)


def file_letters(filings: Iterable[Filing]) -> None:
    """Append each mail to its folder with its date and read state.

    An account that holds mail already is left alone, so a second call changes nothing. Errors:
    Unavailable.
    """
    by_account = sorted(filings, key=lambda filing: (filing.account, filing.at))
    try:
        for account, group in groupby(by_account, key=lambda filing: filing.account):
            _file_all(account, group)
    except (OSError, IMAPClientError) as error:
        raise Unavailable("The sandbox mail world does not answer.") from error


def _file_all(account: str, filings: Iterable[Filing]) -> None:
    with IMAPClient(HOST, settings.sandbox_imap_port, ssl=False, timeout=TIMEOUT) as server:
        server.normalise_times = False
        server.login(account, sandbox_password(settings.sandbox_key, account))
        if _holds_mail(server):
            return
        for filing in filings:
            flags = [SEEN] if filing.is_read else []
            server.append(filing.folder, filing.raw, flags, filing.at)


def _holds_mail(server: IMAPClient) -> bool:
    status = (server.folder_status(folder, ["MESSAGES"]) for folder in ("INBOX", "Sent"))
    return any(found[b"MESSAGES"] for found in status)
