"""Real servers for the adapters: one Dovecot per set of capabilities, sinks, certificates."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.providers.mail.base import Server, Timeouts
from app.providers.mail.imap_smtp import ImapSmtpProvider
from app.providers.network import Network
from tests.servers import imap
from tests.servers.certificates import Certificate, make_certificate
from tests.servers.smtp import SmtpSink, smtp_sink

PATIENT = Timeouts(connect=60.0, reply=60.0, total=60.0, fetch=60.0)
_numbers = itertools.count(1)


def local_network(ca_file: str | None = None) -> Network:
    """Every name leads to this machine, in the clear if asked for."""
    return Network(
        resolve=lambda host, port: "127.0.0.1",
        plaintext_allowed=lambda host, port: True,
        ca_file=ca_file,
    )


@pytest.fixture
def user() -> str:
    """A mailbox that no other test uses."""
    return f"user{next(_numbers)}@example.test"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(Path(tmp_path_factory.mktemp("tls")), "mail.example.test")


def _dovecot(**options: Any) -> Iterator[imap.Dovecot]:
    if imap.DOVECOT is None:
        pytest.skip("Dovecot is not installed")
    with imap.dovecot(**options) as server:
        yield server


@pytest.fixture(scope="session")
def dovecot_qresync(certificate: Certificate) -> Iterator[imap.Dovecot]:
    yield from _dovecot(certificate=certificate)


@pytest.fixture(scope="session")
def dovecot_condstore() -> Iterator[imap.Dovecot]:
    yield from _dovecot(capability=imap.CONDSTORE)


@pytest.fixture(scope="session")
def dovecot_plain() -> Iterator[imap.Dovecot]:
    yield from _dovecot(capability=imap.PLAIN)


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with smtp_sink(pipelining=True) as server:
        yield server


@pytest.fixture
def make_provider() -> Iterator[Callable[..., ImapSmtpProvider]]:
    """A provider on loopback ports; closed after the test."""
    made: list[ImapSmtpProvider] = []

    def make(
        *,
        imap_port: int = 1,
        smtp_port: int = 1,
        user: str = "alice@example.test",
        password: str = "secret",
        security: str = "none",
        host: str = "mail.example.test",
        network: Network | None = None,
        **options: Any,
    ) -> ImapSmtpProvider:
        provider = ImapSmtpProvider(
            user,
            Server(host, imap_port, security, user, password),  # type: ignore[arg-type]
            Server(host, smtp_port, security, user, password),  # type: ignore[arg-type]
            network=network or local_network(),
            timeouts=options.pop("timeouts", PATIENT),
            **options,
        )
        made.append(provider)
        return provider

    yield make
    for provider in made:
        provider.close()
