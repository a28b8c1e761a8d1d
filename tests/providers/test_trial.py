"""Trying out an account: what each step says, and what it keeps to itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.core.egress import EgressBlocked
from app.providers.mail.base import Verification
from app.providers.mail.imap_smtp import ImapSmtpProvider
from app.providers.network import Network
from tests.servers.imap import Dovecot
from tests.servers.lines import Conversation, line_server
from tests.servers.smtp import SmtpSink

Make = Callable[..., ImapSmtpProvider]


def outcomes(found: Verification) -> dict[str, bool | None]:
    return {step.name: step.ok for step in found.steps}


def text_of(found: Verification, name: str) -> str:
    return next(step.text for step in found.steps if step.name == name)


@pytest.mark.dovecot
def test_everything_works(make_provider: Make, dovecot_qresync: Dovecot, sink: SmtpSink) -> None:
    provider = make_provider(imap_port=dovecot_qresync.port, smtp_port=sink.port)
    found = provider.verify()
    assert found.ok
    assert [step.name for step in found.steps] == [
        "imap_connect",
        "imap_login",
        "imap_folders",
        "smtp_connect",
        "smtp_login",
    ]
    assert "QRESYNC" in found.capabilities
    assert {folder.role for folder in found.folders} >= {"inbox", "sent"}
    assert found.files_sent_copy is None
    assert found.error is None


@pytest.mark.dovecot
def test_wrong_password_shows_the_servers_own_words(
    make_provider: Make, dovecot_qresync: Dovecot, sink: SmtpSink
) -> None:
    sink.script["auth"] = "535 5.7.8 Use an application password for hunter-two"
    provider = make_provider(
        imap_port=dovecot_qresync.port, smtp_port=sink.port, password="hunter-two"
    )
    found = provider.verify()
    assert outcomes(found) == {
        "imap_connect": True,
        "imap_login": False,
        "imap_folders": None,
        "smtp_connect": True,
        "smtp_login": False,
    }
    assert "Authentication failed" in text_of(found, "imap_login")
    assert text_of(found, "smtp_login") == "535 5.7.8 Use an application password for •••"


def test_second_server_is_tried_though_the_first_is_down(
    make_provider: Make, sink: SmtpSink
) -> None:
    found = make_provider(imap_port=9, smtp_port=sink.port).verify()
    assert outcomes(found) == {
        "imap_connect": False,
        "imap_login": None,
        "imap_folders": None,
        "smtp_connect": True,
        "smtp_login": True,
    }


def test_what_cannot_be_reached_always_sounds_the_same(make_provider: Make) -> None:
    def blocked(host: str, port: int) -> str:
        raise EgressBlocked("not on the public internet")

    def secret(client: Conversation) -> None:
        client.say("-ERR postgres 15.3 on db-internal")

    texts = set()
    with line_server(secret) as port:
        for network, number in (
            (None, port),
            (None, 9),
            (Network(resolve=blocked, plaintext_allowed=lambda host, port: True), 993),
        ):
            found = make_provider(imap_port=number, smtp_port=number, network=network).verify()
            for name in ("imap_connect", "smtp_connect"):
                texts.add(text_of(found, name).replace(str(number), "PORT"))
    place = "mail.example.test on port PORT"
    assert texts == {f"Could not reach {place}. Check the name, the port and the encryption."}


def test_private_addresses_are_not_even_tried(make_provider: Make) -> None:
    asked: list[str] = []

    def talk(client: Conversation) -> None:
        asked.append("connected")

    with line_server(talk) as port:
        provider = make_provider(
            imap_port=port, smtp_port=port, host="127.0.0.1", security="ssl", network=Network()
        )
        assert not provider.verify().ok
    assert asked == []


def test_no_encryption_no_password(make_provider: Make, sink: SmtpSink) -> None:
    strict = Network(
        resolve=lambda host, port: "127.0.0.1", plaintext_allowed=lambda host, port: False
    )
    found = make_provider(imap_port=sink.port, smtp_port=sink.port, network=strict).verify()
    assert "encryption" in text_of(found, "smtp_connect")
    assert sink.connections == 0
