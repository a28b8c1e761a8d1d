"""A mailbox to connect: a real Dovecot and an SMTP sink, opened to the app as an operator would."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from app.core.settings import settings
from tests.servers import imap
from tests.servers.smtp import SmtpSink, smtp_sink

_numbers = itertools.count(1)


@dataclass
class Mailbox:
    """An address, its servers, and the form that connects it."""

    email: str
    dovecot: imap.Dovecot
    sink: SmtpSink

    def form(self, **over: object) -> dict[str, object]:
        values: dict[str, object] = {
            "email": self.email,
            "from_name": "Ann Example",
            "password": "secret",
            "imap_host": "127.0.0.1",
            "imap_port": self.dovecot.port,
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": self.sink.port,
            "smtp_security": "none",
        }
        return {**values, **over}


@pytest.fixture(scope="session")
def dovecot() -> Iterator[imap.Dovecot]:
    if imap.DOVECOT is None:
        pytest.skip("Dovecot is not installed")
    with imap.dovecot() as server:
        yield server


@pytest.fixture
def mailbox(dovecot: imap.Dovecot) -> Iterator[Mailbox]:
    email = f"box{next(_numbers)}@example.test"
    with smtp_sink(users={email: "secret"}) as sink:
        before = settings.egress_allow
        settings.egress_allow = [f"127.0.0.1:{port}" for port in (dovecot.port, sink.port)]
        yield Mailbox(email, dovecot, sink)
        settings.egress_allow = before
