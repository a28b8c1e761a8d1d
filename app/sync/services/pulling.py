"""Bring one folder up to date: claim, ask the server, apply in batches, move the cursor.

No transaction is open while the server is spoken to. Killed anywhere, the next run asks again
from the old cursor and skips what is stored.
"""

from collections.abc import Iterable, Iterator, Sequence
from time import monotonic

from app.core.clock import utcnow
from app.core.transactions import unit_of_work
from app.providers.mail.base import Changes, FetchedMail, MailProvider, Reset
from app.sync import queries
from app.sync.policies import BATCH_BYTES, BATCH_MAILS, DEPTH
from app.sync.services.rescuing import store_batch
from app.sync.services.scopes import Scope, claim_folder, hold_folder, release_folder
from app.sync.services.states import apply_flags, note_vanished, renumber


def pull_folder(provider: MailProvider, folder_id: int, *, until: float) -> bool:
    """Bring a folder up to date. False when time ran out first and there is more to do.

    `until` is a moment of `time.monotonic`. A folder somebody else works on counts as done.
    Errors: those of the provider, LeaseLost.
    """
    with unit_of_work():
        scope = claim_folder(folder_id)
    if scope is None:
        return True
    try:
        return _pull(provider, scope, until)
    finally:
        with unit_of_work():
            release_folder(scope)


def _pull(provider: MailProvider, scope: Scope, until: float) -> bool:
    since = (utcnow() - DEPTH).date()
    changes = provider.changes(scope.remote_name, scope.cursor.get("remote"), since)
    waiting = _begin(scope, changes)
    # Where nothing was known before there is no "before": only a cursor can be lost.
    was_reset = changes.reset is not None and scope.last_synced_at is not None
    for batch in _batches(provider.fetch(scope.remote_name, waiting) if waiting else ()):
        store_batch(scope, batch, uidvalidity=changes.uidvalidity, was_reset=was_reset)
        if monotonic() > until:
            return False
    _finish(scope, changes)
    return True


def _begin(scope: Scope, changes: Changes) -> Sequence[int]:
    """Note what is ahead; the UIDs still to be fetched, newest first."""
    with unit_of_work():
        folder = hold_folder(scope)
        if changes.reset is Reset.UIDVALIDITY:
            renumber(scope, changes.uidvalidity, changes.identities)
        folder.uidvalidity = changes.uidvalidity
        placed = queries.placed_uids(scope.folder_id, changes.uidvalidity)
        waiting = [uid for uid in changes.new if uid not in placed]
        if changes.reset is Reset.FIRST:
            folder.progress = {
                "done": len(changes.new) - len(waiting),
                "total": len(changes.new),
            }
        return waiting


def _batches(mails: Iterable[FetchedMail]) -> Iterator[list[FetchedMail]]:
    """Groups small enough for memory and for one transaction."""
    batch: list[FetchedMail] = []
    size = 0
    for mail in mails:
        batch.append(mail)
        size += len(mail.raw)
        if len(batch) >= BATCH_MAILS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _finish(scope: Scope, changes: Changes) -> None:
    """Everything new is stored: take over states and move the cursor, in one transaction."""
    with unit_of_work():
        folder = hold_folder(scope)
        apply_flags(scope, changes.uidvalidity, changes.flags)
        note_vanished(scope, changes.uidvalidity, changes.vanished, changes.present)
        folder.cursor = {"remote": dict(changes.cursor)}
        folder.progress = {}
        folder.last_synced_at = utcnow()
        folder.failures, folder.error, folder.retry_at = 0, "", None
