"""Copies in the Sent folder, for servers that file none themselves.

Derived from rows: `sent_copy_due` is set in the transaction that records the mail, so a crash
before the copy only delays it. The adapter looks before it appends, so there are no doubles; a
server that turns out to file its own copies is noted, and from then on trusted with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.accounts.services import mail_provider
from app.core.blobs import BlobMissing, get_blob
from app.core.clock import utcnow
from app.core.db import db
from app.core.transactions import unit_of_work
from app.models import EmailAccount, Outbox, SendEvent
from app.providers.mail.base import MailProvider, SentCopy
from app.providers.mail.errors import MailError
from app.sending.mail import Sender, StepDeleted, build
from app.sending.queries import account_for_sending, copies_due
from app.sending.reconcile import sender_for
from app.sending.render import TemplateProblem
from app.sending.render.compose import bracketed
from app.sending.statements import Row

log = structlog.get_logger(__name__)
SETTLE_SECONDS = 10  # for the server's own copy to appear
SURE_AFTER = 3  # own copies in a row


def file_copies(account_id: int) -> int:
    """File the copies an account owes. How many. A mail that is in Sent already gets none."""
    with unit_of_work():
        account = account_for_sending(account_id)
        if account is None or account.removed_at is not None:
            return 0
        sender, provider = sender_for(account), mail_provider(account)
        due = [as_row(row) for row in copies_due(account_id, _settled())]
    filed = 0
    try:
        for row in due:
            if not _file(row, sender, provider):
                break
            filed += 1
    except MailError as error:
        log.info("copies_postponed", account_id=account_id, phase=str(error.phase))
    finally:
        provider.close()
    return filed


def _settled() -> datetime:
    return utcnow() - timedelta(seconds=SETTLE_SECONDS)


def _file(row: Row, sender: Sender, provider: MailProvider) -> bool:
    """One copy. False when the account needs none any more. Errors: MailError."""
    raw = _raw(row, sender)
    if raw is None:
        _finish(row, SentCopy.NO_FOLDER, first_try=False)
        return True
    with unit_of_work():
        first_try = _begin(row["id"])
    outcome = provider.append_sent(raw, bracketed(row["message_id"]), row["sent_at"])
    return _finish(row, outcome, first_try=first_try)


def _raw(row: Row, sender: Sender) -> bytes | None:
    """The bytes as they left; made again when they were lost with their worker."""
    try:
        if row["raw_blob"]:
            return get_blob(row["raw_blob"])
    except BlobMissing:
        log.warning("raw_mail_missing", outbox_id=row["id"])
    try:
        return build(row, sender, row["sent_at"])[0].raw
    except (TemplateProblem, StepDeleted, ValueError):
        return None


def _begin(row_id: int) -> bool:
    """Note that a copy is about to be filed: what is found in Sent after a crash may be ours."""
    statement = (
        sa.update(Outbox)
        .where(Outbox.id == row_id)
        .values(checks=Outbox.checks + 1)
        .returning(Outbox.checks)
        .execution_options(synchronize_session=False)
    )
    return db.session.scalar(statement) == 1


def _finish(row: Row, outcome: SentCopy, *, first_try: bool) -> bool:
    with unit_of_work():
        statement = (
            sa.update(Outbox)
            .where(Outbox.id == row["id"], Outbox.sent_copy_due)
            .values(sent_copy_due=False)
            .execution_options(synchronize_session=False)
        )
        db.session.execute(statement)
        db.session.add(
            SendEvent(outbox_id=row["id"], kind="copy", detail={"outcome": str(outcome)})
        )
        return not _learn(row["account_id"], outcome, first_try=first_try)


def _learn(account_id: int, outcome: SentCopy, *, first_try: bool) -> bool:
    """Note what the server does with copies. True when it was understood just now."""
    account = account_for_sending(account_id)
    if account is None or account.sent_copy != "append":
        return False
    if outcome is SentCopy.NO_FOLDER:
        return False
    own = account.capabilities.get("own_copies", 0)
    own = own + 1 if outcome is SentCopy.PRESENT and first_try else 0
    account.capabilities = account.capabilities | {"own_copies": own}
    if own >= SURE_AFTER:
        _trust(account)
    return own >= SURE_AFTER


def _trust(account: EmailAccount) -> None:
    """From now on the server's own copies are enough, and they are evidence after a crash."""
    account.sent_copy = "provider"
    statement = (
        sa.update(Outbox)
        .where(Outbox.account_id == account.id, Outbox.sent_copy_due)
        .values(sent_copy_due=False)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)
    log.info("server_files_copies", account_id=account.id)


def as_row(row: Outbox) -> Row:
    """A row as the drain sees it."""
    names = [column.key for column in sa.inspect(Outbox).columns]
    return {name: getattr(row, name) for name in names} | {"step_version": row.updated_at}
