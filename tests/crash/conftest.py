"""A workspace with mail to send, a server that stops anywhere, and workers that can be killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.db import db
from app.core.settings import settings
from app.core.tenancy import unscoped, workspace_context
from app.models import EmailAccount, Outbox, SendEvent
from app.sending.drain import drain_account
from app.sending.reconcile import expire_leases, look_up_doubtful
from app.sending.services import OutgoingMail, queue_mails
from tests.crash.sink import SinkProcess
from tests.factories import make_account, make_campaign, make_step
from tests.servers.imap import DOVECOT, dovecot

OPEN_STATES = ("queued", "sending", "uncertain")


@dataclass
class World:
    """Everything a crash test plays with. It works inside the workspace."""

    sink: SinkProcess
    account_id: int
    step: Any

    def queue(self, count: int = 1, account_id: int | None = None, **over: Any) -> list[int]:
        mails = [
            OutgoingMail(
                account_id=account_id or self.account_id,
                to_email=f"lead{number}@example.com",
                step_id=self.step.id,
                campaign_id=self.step.campaign_id,
                campaign_lead_id=number + 1,
                variables={"first_name": f"Lead {number}"},
                **({"options": {"track_clicks": True}} | over),
            )
            for number in range(count)
        ]
        ids = queue_mails(mails)
        db.session.commit()
        return ids

    def worker(self, work: Callable[[int], object] = drain_account) -> Worker:
        return Worker(self.account_id, work)

    def rows(self) -> list[Outbox]:
        db.session.expire_all()
        rows = list(db.session.scalars(sa.select(Outbox).order_by(Outbox.id)))
        db.session.commit()
        return rows

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def events(self) -> list[str]:
        kinds = list(db.session.scalars(sa.select(SendEvent.kind).order_by(SendEvent.id)))
        db.session.commit()
        return kinds

    def let_time_pass(self) -> None:
        """An hour: leases run out, looks and retries become due."""
        with unscoped("time passes everywhere"):
            for table, columns in (
                (Outbox, ("lease_until", "next_check_at", "send_at")),
                (EmailAccount, ("lease_until", "retry_at")),
            ):
                hour = sa.text("interval '1 hour'")
                values = {name: getattr(table, name) - hour for name in columns}
                db.session.execute(
                    sa.update(table).values(values).execution_options(synchronize_session=False)
                )
            db.session.commit()

    def let_copies_settle(self) -> None:
        """A minute, for a server's own copy to appear in Sent."""
        minute = sa.text("interval '1 minute'")
        db.session.execute(
            sa.update(Outbox)
            .values(sent_at=Outbox.sent_at - minute)
            .execution_options(synchronize_session=False)
        )
        db.session.commit()

    def settle(self) -> None:
        """What the sweepers do in the hours after a crash."""
        for _ in range(8):
            self.let_time_pass()
            expire_leases()
            look_up_doubtful(self.account_id)
            drain_account(self.account_id)
            db.session.remove()
            if not set(self.states()) & set(OPEN_STATES):
                return
        raise AssertionError(f"still open: {self.states()}")


class Worker:
    """A process that works for the account, forked like the children of an RQ worker."""

    def __init__(self, account_id: int, work: Callable[[int], object]) -> None:
        db.session.remove()
        self.pid = os.fork()
        if self.pid == 0:
            self._work(account_id, work)

    def _work(self, account_id: int, work: Callable[[int], object]) -> None:
        try:
            db.engine.dispose(close=False)
            work(account_id)
        finally:
            os._exit(0)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def wait(self) -> None:
        os.waitpid(self.pid, 0)


@pytest.fixture(scope="session")
def mailboxes():
    """Dovecot, for servers that keep copies of what they send."""
    if not DOVECOT:
        pytest.skip("Dovecot is not installed")
    with dovecot() as server:
        yield server


@pytest.fixture
def world(request, in_acme):
    """`copies`: provider (the server files them), filing (we do), append (we would, but cannot get
    in) or none. Marked by the test."""
    copies = getattr(request, "param", "provider")
    imap = request.getfixturevalue("mailboxes") if copies in {"provider", "filing"} else None
    email = f"sam{utcnow().timestamp()}@acme.test"
    sink = SinkProcess((imap.port, email) if imap and copies == "provider" else None)
    settings.egress_allow = [f"127.0.0.1:{port}" for port in (sink.port, imap.port if imap else 1)]
    step = make_step(
        make_campaign(),
        subject="Hi {{ first_name }}",
        body_html='<p>Hello {{ first_name }}, <a href="https://acme.test/x">see</a></p>',
    )
    account = make_account(
        email=email,
        smtp_port=sink.port,
        imap_port=imap.port if imap else 1,
        sent_copy="append" if copies == "filing" else copies,
    )
    db.session.commit()
    try:
        yield World(sink, account.id, step)
    finally:
        sink.stop()
        settings.egress_allow = []


@pytest.fixture
def other_session(app):
    """A second connection, to hold locks that stop a worker at a statement."""
    engine = sa.create_engine(db.engine.url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


_BLOCKED = sa.text(
    "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
)


def wait_for_lock(connection: sa.Connection) -> list[int]:
    """The backends that wait for a lock this connection holds, as soon as there is one."""
    deadline = time.monotonic() + 60
    while not (blocked := list(connection.execute(_BLOCKED).scalars())):
        assert time.monotonic() < deadline, "no worker came to that statement"
    return blocked


def kill_at_lock(worker: Worker, connection: sa.Connection) -> None:
    """Kill a worker at the statement where it waits for a lock that this connection holds.

    Its backend goes with it: the server would finish the statement for a client that is gone.
    """
    blocked = wait_for_lock(connection)
    worker.kill()
    for pid in blocked:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 60000)"), {"pid": pid})
    connection.rollback()


__all__ = ["Worker", "World", "kill_at_lock", "wait_for_lock", "workspace_context"]
