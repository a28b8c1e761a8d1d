import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.core.clock import utcnow
from app.core.db import db
from app.core.tenancy import workspace_context
from app.core.transactions import App
from app.models import EmailAccount, Folder
from app.sync.watcher import Watcher
from tests.conftest import Cast
from tests.sync.conftest import Mailbox
from tests.sync.mails import raw_mail

pytestmark = [pytest.mark.dovecot, pytest.mark.committed]


@pytest.fixture
def watcher(app: App) -> Iterator[Watcher]:
    made = Watcher(app)
    yield made
    made.close()


def until(watcher: Watcher, condition: Callable[[], Any], seconds: float = 60.0) -> None:
    """Drive the loop until something holds; it waits on its sockets, not on the clock."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it never happened"
        watcher.step(0.2)


@pytest.fixture
def watched(cast: Cast, mailboxes: Callable[..., Mailbox], request: Any) -> Mailbox:
    acme_id = cast.acme.id
    db.session.commit()
    with workspace_context(acme_id):
        name = "".join(c for c in request.node.name if c.isalnum())[-40:].lower()
        mailbox = mailboxes(f"{name}@sandbox.test")
        account = mailbox.account
        db.session.add(
            Folder(
                account_id=account.id,
                remote_name="INBOX",
                name="Inbox",
                role="inbox",
                is_synced=True,
                last_synced_at=utcnow(),
            )
        )
        db.session.commit()
        db.session.refresh(account)
        mailbox.account_id, mailbox.workspace_id = account.id, acme_id  # type: ignore[attr-defined]
        mailbox.email = account.email  # type: ignore[attr-defined]
    return mailbox


def rung(rings: list, mailbox: Any) -> bool:
    return any(
        r.name == "sync.pull"
        and r.kwargs == {"account_id": mailbox.account_id}
        and r.workspace_id == mailbox.workspace_id
        for r in rings
    )


def test_new_mail_rings_at_once(watcher: Watcher, watched: Any, rings: list) -> None:
    until(watcher, lambda: rung(rings, watched))  # once when it starts to listen
    rings.clear()
    with watched.server.client(watched.email) as client:
        client.append("INBOX", raw_mail())
        until(watcher, lambda: rung(rings, watched))


def test_renewing_goes_on_listening(watcher: Watcher, watched: Any, rings: list) -> None:
    until(watcher, lambda: rung(rings, watched))
    [watch] = watcher.watches.values()
    before = watch.renew_at
    watch.renew_at = 0.0
    until(watcher, lambda: watch.renew_at > 0 and not watch.is_busy)
    assert watch.renew_at != before
    rings.clear()
    with watched.server.client(watched.email) as client:
        client.append("INBOX", raw_mail())
        until(watcher, lambda: rung(rings, watched))


def test_a_removed_account_is_left_alone(watcher: Watcher, watched: Any, rings: list) -> None:
    until(watcher, lambda: rung(rings, watched))
    with workspace_context(watched.workspace_id):
        account = db.session.get_one(EmailAccount, watched.account_id)
        account.removed_at, account.status = utcnow(), "removed"
        db.session.commit()
    watcher._look_at = 0.0
    until(watcher, lambda: not watcher.watches)
    assert len(watcher.selector.get_map()) == 1, "only the pipe is left"


def test_a_dead_server_is_tried_again_later(watcher: Watcher, watched: Any, rings: list) -> None:
    with workspace_context(watched.workspace_id):
        account = db.session.get_one(EmailAccount, watched.account_id)
        alive, account.imap_port = account.imap_port, 1
        db.session.commit()
    until(watcher, lambda: any(w.failures for w in watcher.watches.values()))
    [watch] = watcher.watches.values()
    assert watch.try_at > time.monotonic()
    with workspace_context(watched.workspace_id):
        db.session.get_one(EmailAccount, watched.account_id).imap_port = alive
        db.session.commit()
    watch.try_at = 0.0
    until(watcher, lambda: rung(rings, watched))
    assert watch.failures == 0
