"""Jobs of sync: pull an account, look for accounts that are due, settle what vanished."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

import structlog

from app.accounts.services import (
    mail_provider,
    mark_disconnected,
    mark_reconnect_required,
    mark_working,
)
from app.core.clock import utcnow
from app.core.jobs import Queue, enqueue, job
from app.core.tenancy import unscoped, workspace_context
from app.core.transactions import unit_of_work
from app.models import Folder
from app.providers.mail.base import MailProvider
from app.providers.mail.errors import AuthExpired, FolderGone, MailError
from app.sync import queries
from app.sync.policies import JOB_SECONDS, SETTLE
from app.sync.services.folders import need_discovery, save_folders
from app.sync.services.pulling import pull_folder
from app.sync.services.scopes import LeaseLost, note_account_failure, note_folder_failure
from app.sync.services.states import settle_vanished

log = structlog.get_logger(__name__)
SWEEP_SECONDS = 20
FAILURES_TO_DISCONNECT = 5
NOT_STORED = "A mail of this folder could not be stored."
OK_EVERY = timedelta(minutes=1)


@job("sync.pull", queue=Queue.SYNC, timeout=600)
def pull(account_id: int, folder_id: int | None = None) -> None:
    """Bring an account's folders (or one of them) up to date. Twice at once is harmless."""
    with unit_of_work():
        account = queries.readable_account(account_id)
        if account is None:
            return
        provider = mail_provider(account)
        folders = [_brief(one) for one in queries.folders_of(account_id)]
        discover = need_discovery(queries.folders_of(account_id))
    with _closing(provider), _failures_noted(account_id):
        if discover:
            folders = _discover(provider, account_id)
        wanted = [id_ for id_, synced in folders if synced and folder_id in {None, id_}]
        _pull_each(provider, account_id, wanted)
        _note_working(account_id)


def _brief(folder: Folder) -> tuple[int, bool]:
    return folder.id, folder.is_synced


def _discover(provider: MailProvider, account_id: int) -> list[tuple[int, bool]]:
    found = provider.folders()
    with unit_of_work():
        return [_brief(one) for one in save_folders(account_id, found)]


def _pull_each(provider: MailProvider, account_id: int, folder_ids: list[int]) -> None:
    until = monotonic() + JOB_SECONDS
    for id_ in folder_ids:
        try:
            done = pull_folder(provider, id_, until=until)
        except FolderGone as error:
            with unit_of_work():
                note_folder_failure(id_, str(error))
            continue
        except (MailError, LeaseLost):
            raise
        except Exception:  # one folder that cannot be stored must not hold up the others
            log.exception("folder_not_stored", account_id=account_id, folder_id=id_)
            with unit_of_work():
                note_folder_failure(id_, NOT_STORED)
            continue
        if not done:
            # The inbox has had its share of time; the rest of it is older than what Sent holds.
            until = monotonic() + JOB_SECONDS / 3
            enqueue("sync.pull", account_id=account_id, folder_id=id_, once=True)


@contextmanager
def _closing(provider: MailProvider) -> Iterator[None]:
    try:
        yield
    finally:
        provider.close()


@contextmanager
def _failures_noted(account_id: int) -> Iterator[None]:
    """A server that refuses or is gone is a state of the account, not a failed job."""
    try:
        yield
    except LeaseLost:
        log.info("sync_lease_lost", account_id=account_id)
    except AuthExpired as error:
        with unit_of_work():
            note_account_failure(account_id, error.text)
            if (account := queries.readable_account(account_id)) is not None:
                mark_reconnect_required(account, error.text)
    except MailError as error:
        log.info("sync_failed", account_id=account_id, error=str(error))
        with unit_of_work():
            failures = note_account_failure(account_id, error.text)
            account = queries.readable_account(account_id)
            if account is not None and failures >= FAILURES_TO_DISCONNECT:
                mark_disconnected(account, error.text)


def _note_working(account_id: int) -> None:
    """The server answered; written down once a minute at most."""
    with unit_of_work():
        account = queries.readable_account(account_id)
        if account is None:
            return
        is_stale = account.last_ok_at is None or account.last_ok_at < utcnow() - OK_EVERY
        if is_stale or account.status == "disconnected":
            mark_working(account)


@job("sync.sweep", every=SWEEP_SECONDS)
def sweep() -> None:
    """Ring for every account nobody has looked into for a while."""
    now = utcnow()
    with unscoped("accounts due for sync, over all workspaces"), unit_of_work():
        due = queries.accounts_due(now, now - timedelta(seconds=SWEEP_SECONDS - 2))
    for workspace_id, account_id in due:
        with workspace_context(workspace_id):
            enqueue("sync.pull", account_id=account_id, once=True)


@job("sync.settle", every=60)
def settle() -> None:
    """Mark mail as gone that has been gone from every folder for a full cycle."""
    with unscoped("workspaces with vanished mail"), unit_of_work():
        workspaces = queries.workspaces_with_vanished(utcnow() - SETTLE)
    for workspace_id in workspaces:
        with workspace_context(workspace_id):
            try:
                with unit_of_work():
                    settle_vanished()
            except Exception:  # the mail of this workspace must not hold up all others
                log.exception("settling_failed")
