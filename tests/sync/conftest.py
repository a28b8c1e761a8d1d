"""A real Dovecot with one connected account, and what sync tells the rooms above."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from imapclient import IMAPClient

from app.core import events
from app.core.settings import settings
from app.models import EmailAccount
from app.providers.mail.base import Server
from app.providers.mail.imap_smtp import ImapSmtpProvider
from app.sync import events as told
from tests.conftest import Cast
from tests.factories import make_account
from tests.servers.imap import DOVECOT, Dovecot, dovecot

KINDS = (
    told.MessageReceived,
    told.ReplyReceived,
    told.AutoReplyReceived,
    told.BounceReceived,
    told.ComplaintReceived,
)


@pytest.fixture(scope="session")
def imap_server() -> Iterator[Dovecot]:
    if not DOVECOT:
        pytest.skip("Dovecot is not installed")
    with dovecot() as server:
        yield server


@pytest.fixture
def heard() -> Iterator[list[Any]]:
    """Everything sync published, in order, as it is heard by a real subscriber."""
    found: list[Any] = []

    def listen(event: Any) -> None:
        found.append(event)

    for kind in KINDS:
        events.subscribe(kind, listen)
    yield found
    for kind in KINDS:
        events._handlers[kind].remove(listen)


@dataclass
class Mailbox:
    """One account on the real server, and another program's view of it."""

    account: EmailAccount
    server: Dovecot
    clients: list[IMAPClient] = field(default_factory=list)

    def deliver(
        self,
        raw: bytes,
        folder: str = "INBOX",
        flags: tuple[str, ...] = (),
        at: datetime | None = None,
    ) -> None:
        self.client.append(folder, raw, flags, at or datetime.now(UTC))

    @property
    def client(self) -> IMAPClient:
        if not self.clients:
            self.clients.append(self.server.client(self.account.email))
        return self.clients[0]

    def provider(self) -> ImapSmtpProvider:
        address = Server("127.0.0.1", self.server.port, "none", self.account.email, "secret")
        return ImapSmtpProvider(self.account.email, address, address)


@pytest.fixture
def mailboxes(imap_server: Dovecot, app: Any) -> Iterator[Callable[..., Mailbox]]:
    """Makes accounts on the real server, in the current workspace."""
    made: list[Mailbox] = []
    allowed = list(settings.egress_allow)
    settings.egress_allow.append(f"127.0.0.1:{imap_server.port}")

    def make(email: str | None = None, **over: Any) -> Mailbox:
        account = make_account(email, imap_port=imap_server.port, **over)
        made.append(Mailbox(account, imap_server))
        return made[-1]

    yield make
    settings.egress_allow[:] = allowed
    for mailbox in made:
        for client in mailbox.clients:
            client.logout()


@pytest.fixture
def mailbox(in_acme: Cast, mailboxes: Callable[..., Mailbox], request: Any) -> Mailbox:
    """An account of Acme; its address is the test's own, so mailboxes are never shared."""
    name = "".join(c for c in request.node.name if c.isalnum())[-40:].lower()
    return mailboxes(f"{name}@sandbox.test")
