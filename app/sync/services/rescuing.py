"""Mail that cannot be stored: one such mail must not keep all others of its folder out."""

import hashlib
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from app.core.blobs import put_blob
from app.core.transactions import unit_of_work
from app.mailhub.incoming import provider_key
from app.mailhub.mime_headers import Address
from app.mailhub.services import store_messages
from app.providers.mail.base import FetchedMail
from app.providers.mail.errors import MailError
from app.sync.classify import Verdict
from app.sync.parse import ParsedMail
from app.sync.services.applying import apply_mails
from app.sync.services.reading import ReadMail, arrival, read_mails, to_store
from app.sync.services.scopes import LeaseLost, Scope, hold_folder

log = structlog.get_logger(__name__)
# Classes of SQLSTATE that tell of the database, not of the mail: connection, rollback, resources,
# locks, an operator, the system.
_TROUBLE = {"08", "40", "53", "55", "57", "58"}


def store_batch(
    scope: Scope, batch: Sequence[FetchedMail], *, uidvalidity: int, was_reset: bool
) -> None:
    """Read and store a batch; when that fails unexpectedly, mail by mail, and the one that fails
    is kept raw and shown as broken. Twice is harmless.

    Errors: LeaseLost, a full disk, a database in trouble, and a mail that cannot even be kept raw.
    """
    try:
        _store(scope, batch, uidvalidity, was_reset=was_reset)
        return
    except Exception as error:
        if not _is_the_mails_fault(error):
            raise
        log.exception("batch_not_stored", folder_id=scope.folder_id, mails=len(batch))
    for one in batch:
        _store_one(scope, one, uidvalidity, was_reset=was_reset)


def _store(
    scope: Scope, batch: Sequence[FetchedMail], uidvalidity: int, *, was_reset: bool
) -> None:
    read = read_mails(scope, batch)
    with unit_of_work():
        apply_mails(scope, read, uidvalidity=uidvalidity, was_reset=was_reset)


def _store_one(scope: Scope, mail: FetchedMail, uidvalidity: int, *, was_reset: bool) -> None:
    try:
        _store(scope, [mail], uidvalidity, was_reset=was_reset)
    except Exception as error:
        if not _is_the_mails_fault(error):
            raise
        log.exception("mail_not_stored", folder_id=scope.folder_id, uid=mail.uid)
        _keep_raw(scope, mail, uidvalidity)


def _is_the_mails_fault(error: Exception) -> bool:
    """What may pass by itself is no reason to call a mail broken."""
    if isinstance(error, LeaseLost | MailError | OSError):
        return False
    if isinstance(error, OperationalError | InterfaceError):
        state = getattr(error.orig, "sqlstate", None)
        return state is not None and state[:2] not in _TROUBLE
    return True


def _keep_raw(scope: Scope, mail: FetchedMail, uidvalidity: int) -> None:
    """Store the mail unread; nothing is matched and nobody is told."""
    read = _unread(scope, mail, put_blob(mail.raw) if mail.raw else None)
    with unit_of_work():
        hold_folder(scope)
        store_messages(scope.account_id, [to_store(scope, read, read.verdict, None, uidvalidity)])


def _unread(scope: Scope, mail: FetchedMail, raw_blob: str | None) -> ReadMail:
    message_id = hashlib.sha256(mail.raw).hexdigest()[:40] + "@broken.invalid"
    at = arrival(mail)
    nobody = Address("", "")
    ours = scope.role == "sent"
    return ReadMail(
        fetched=mail,
        parsed=ParsedMail(
            message_id, [], [], nobody, [], None, [], [], [], "", at, "", None, "", "",
            len(mail.raw), unreadable="it could not be read",
        ),
        verdict=Verdict("sent" if ours else "human", "could not be read"),
        at=at,
        direction="out" if ours else "in",
        key=provider_key(
            message_id=message_id, from_email="", account_email=scope.account_email, date=""
        ),
        raw_blob=raw_blob,
        html="",
    )  # fmt: skip
