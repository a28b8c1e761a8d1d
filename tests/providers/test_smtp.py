"""Sending: what is safe to try again, what is a definite no, and what nobody can know."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.providers.mail.base import Envelope, Timeouts
from app.providers.mail.errors import (
    AuthExpired,
    Family,
    Fenced,
    MailError,
    Permanent,
    Phase,
    RateLimited,
    Temporary,
    Uncertain,
)
from app.providers.mail.imap_smtp import ImapSmtpProvider
from app.providers.mail.smtp import MIN_ANSWER_SECONDS
from app.providers.network import Deadline, Network
from tests.providers.conftest import local_network
from tests.servers.certificates import Certificate
from tests.servers.installation import until
from tests.servers.lines import Conversation, line_server
from tests.servers.ports import free_port
from tests.servers.smtp import SmtpSink, smtp_sink

Make = Callable[..., ImapSmtpProvider]
MESSAGE = b"From: alice@example.test\r\nTo: bob@example.test\r\nSubject: Hi\r\n\r\nHello\r\n"
HASTY = Timeouts(connect=0.4, reply=0.4, total=1.2, fetch=2.0)


def envelope(message: bytes = MESSAGE, *recipients: str) -> Envelope:
    return Envelope("alice@example.test", recipients or ("bob@example.test",), message)


def never() -> bool:
    raise AssertionError("the message was about to become final")


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def any_sink(request: pytest.FixtureRequest) -> Any:
    with smtp_sink(pipelining=request.param) as server:
        yield server


def test_send_keeps_the_connection(make_provider: Make, any_sink: SmtpSink) -> None:
    provider = make_provider(smtp_port=any_sink.port)
    for _ in range(3):
        receipt = provider.send(envelope())
    assert [d.connection for d in any_sink.deliveries] == [1, 1, 1]
    assert any_sink.deliveries[0].content == MESSAGE
    assert any_sink.deliveries[0].recipients == ["bob@example.test"]
    assert receipt.provider_id == "T3ST"
    assert "queued as T3ST" in receipt.reply


def test_send_asks_right_before_the_dot(make_provider: Make, any_sink: SmtpSink) -> None:
    asked: list[int] = []
    provider = make_provider(smtp_port=any_sink.port)
    provider.send(envelope(), lambda: not asked.append(len(any_sink.deliveries)))
    assert asked == [0]
    assert len(any_sink.deliveries) == 1


def test_fenced_message_is_never_taken(make_provider: Make, any_sink: SmtpSink) -> None:
    provider = make_provider(smtp_port=any_sink.port)
    with pytest.raises(Fenced):
        provider.send(envelope(), lambda: False)
    provider.send(envelope(b"Subject: next\r\n\r\n"))
    assert [d.content for d in any_sink.deliveries] == [b"Subject: next\r\n\r\n"]


def test_an_error_in_the_fence_abandons_the_message(make_provider: Make, sink: SmtpSink) -> None:
    provider = make_provider(smtp_port=sink.port)
    with pytest.raises(AssertionError):
        provider.send(envelope(), never)
    provider.send(envelope(b"Subject: next\r\n\r\n"))
    assert [d.content for d in sink.deliveries] == [b"Subject: next\r\n\r\n"]


@pytest.mark.parametrize("phase", ["connect", "ehlo", "auth", "mail", "rcpt", "data", "body"])
@pytest.mark.parametrize("act", ["hang", "drop"])
def test_lost_before_the_dot_is_safe(
    make_provider: Make, any_sink: SmtpSink, phase: str, act: str
) -> None:
    any_sink.script[phase] = act
    provider = make_provider(smtp_port=any_sink.port, timeouts=HASTY)
    if phase == "body":
        # Whether the loss shows while the body is written or only at the dot is up to the
        # network; a server that never saw the dot has nothing either way.
        with pytest.raises((Temporary, Uncertain)):
            provider.send(envelope(b"x" * 5_000_000))
    else:
        with pytest.raises(Temporary) as caught:
            provider.send(envelope(), never)
        assert caught.value.family is Family.SOFT
    assert any_sink.deliveries == []


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("450 4.2.1 Mailbox busy", Temporary),
        ("421 4.3.2 Closing down", Temporary),
        ("550 5.1.1 No such user here", Permanent),
    ],
)
def test_refusal_is_definite(
    make_provider: Make, any_sink: SmtpSink, phase: str, reply: str, error: type[MailError]
) -> None:
    any_sink.script[phase] = reply
    provider = make_provider(smtp_port=any_sink.port)
    with pytest.raises(error) as caught:
        provider.send(envelope())
    assert caught.value.phase == Phase(phase)
    assert caught.value.code == int(reply[:3])
    assert caught.value.enhanced == reply.split()[1]
    any_sink.script.clear()
    provider.send(envelope())
    assert len(any_sink.deliveries) == 1


@pytest.mark.parametrize("act", ["hang", "drop", "drop unstored"])
def test_silence_after_the_dot_is_uncertain(
    make_provider: Make, any_sink: SmtpSink, act: str
) -> None:
    any_sink.script["dot"] = act
    provider = make_provider(smtp_port=any_sink.port)

    def hurry() -> bool:
        """Only the answer to the dot may be missed, not one before it on a busy machine."""
        provider.smtp._live_wire().within(Deadline(0.5))
        return True

    with pytest.raises(Uncertain) as caught:
        provider.send(envelope(), hurry)
    assert caught.value.phase is Phase.DOT
    if act != "drop unstored":
        until("the server has stored it", lambda: any_sink.deliveries)
    assert len(any_sink.deliveries) == (act != "drop unstored")


def test_connection_that_died_while_idle_is_replaced(make_provider: Make) -> None:
    port = free_port()
    with smtp_sink(port=port):
        provider = make_provider(smtp_port=port)
        provider.send(envelope())
    with smtp_sink(port=port) as second:
        provider.send(envelope())
        assert len(second.deliveries) == 1


def test_closing_greeting_on_a_kept_connection_starts_a_new_one(
    make_provider: Make, any_sink: SmtpSink
) -> None:
    provider = make_provider(smtp_port=any_sink.port)
    provider.send(envelope())
    any_sink.once = True
    any_sink.script["mail"] = "421 4.7.0 Too many messages in this session"
    provider.send(envelope())
    assert [d.connection for d in any_sink.deliveries] == [1, 2]


def test_wrong_password(make_provider: Make, sink: SmtpSink) -> None:
    provider = make_provider(smtp_port=sink.port, password="wrong-password")
    with pytest.raises(AuthExpired) as caught:
        provider.send(envelope(), never)
    assert caught.value.family is Family.AUTH
    assert caught.value.code == 535


def test_password_echoed_by_the_server_is_not_repeated(make_provider: Make, sink: SmtpSink) -> None:
    sink.script["auth"] = "535 5.7.8 hunter-two is wrong"
    provider = make_provider(smtp_port=sink.port, password="hunter-two")
    with pytest.raises(AuthExpired) as caught:
        provider.send(envelope())
    assert "hunter-two" not in str(caught.value)
    assert "is wrong" in caught.value.text


def test_daily_limit_is_a_matter_of_the_account(make_provider: Make, sink: SmtpSink) -> None:
    sink.script["dot"] = "550 5.4.5 Daily user sending limit exceeded"
    with pytest.raises(RateLimited) as caught:
        make_provider(smtp_port=sink.port).send(envelope())
    assert caught.value.retry_after == 86_400
    assert caught.value.family is Family.BLOCK


def test_lesser_recipient_refused(make_provider: Make, any_sink: SmtpSink) -> None:
    any_sink.script["rcpt TO:<gone@example.test>"] = "550 5.1.1 Gone"
    provider = make_provider(smtp_port=any_sink.port)
    receipt = provider.send(envelope(MESSAGE, "bob@example.test", "gone@example.test"))
    assert receipt.refused == {"gone@example.test": "5.1.1 Gone"}
    assert any_sink.deliveries[0].recipients == ["bob@example.test"]


def test_main_recipient_refused_sends_nothing(make_provider: Make, any_sink: SmtpSink) -> None:
    any_sink.script["rcpt TO:<gone@example.test>"] = "550 5.1.1 Gone"
    provider = make_provider(smtp_port=any_sink.port)
    with pytest.raises(Permanent) as caught:
        provider.send(envelope(MESSAGE, "gone@example.test", "bob@example.test"), never)
    assert caught.value.family is Family.ADDRESS
    provider.send(envelope())
    assert len(any_sink.deliveries) == 1


@pytest.mark.parametrize(
    "message",
    [
        b"Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\nend\r\n",
        b".starts with a dot\r\n\r\n",
        b"Subject: plain line ends\n\n.\nend\n",
        b"Subject: no end",
        b"Subject: smuggled\r\n\r\nx\n.\r\nMAIL FROM:<evil@example.test>\r\n",
        b"Subject: smuggled\r\n\r\nx\r.\r\nMAIL FROM:<evil@example.test>\r\n",
        "Subject: letters\r\n\r\nžluťoučký\r\n".encode(),
    ],
)
def test_message_arrives_as_it_is(make_provider: Make, any_sink: SmtpSink, message: bytes) -> None:
    make_provider(smtp_port=any_sink.port).send(envelope(message))
    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n").split(b"\n")
    assert [d.content.rstrip(b"\r\n") for d in any_sink.deliveries] == [b"\r\n".join(lines)]


@pytest.mark.parametrize(
    "recipient",
    [
        "bob@example.test>\r\nRCPT TO:<carol@example.test",
        "bob@example.test\nDATA",
        "bob @example.test",
        "<bob@example.test>",
        "bob\x00@example.test",
        "bob",
        "",
    ],
)
def test_address_cannot_smuggle_a_command(
    make_provider: Make, any_sink: SmtpSink, recipient: str
) -> None:
    provider = make_provider(smtp_port=any_sink.port)
    with pytest.raises(Permanent):
        provider.send(envelope(MESSAGE, recipient), never)
    assert not any("RCPT" in command for command in any_sink.commands)


def test_international_addresses(make_provider: Make, any_sink: SmtpSink) -> None:
    provider = make_provider(smtp_port=any_sink.port)
    provider.send(envelope(MESSAGE, "jürgen@bücher.test"))
    assert any_sink.deliveries[0].recipients == ["jürgen@bücher.test"]


def test_mail_beyond_the_announced_size_is_refused_beforehand(make_provider: Make) -> None:
    with smtp_sink(max_size=1_000) as small:
        provider = make_provider(smtp_port=small.port)
        with pytest.raises(Permanent) as caught:
            provider.send(envelope(b"x" * 2_000), never)
        assert caught.value.code == 552
        provider.send(envelope())
        assert len(small.deliveries) == 1


def test_implicit_tls(make_provider: Make, certificate: Certificate) -> None:
    network = local_network(str(certificate.ca_file))
    with smtp_sink(tls=certificate.server_context(), implicit_tls=True) as secure:
        provider = make_provider(smtp_port=secure.port, security="ssl", network=network)
        provider.send(envelope())
        assert len(secure.deliveries) == 1


def test_starttls(make_provider: Make, certificate: Certificate) -> None:
    network = local_network(str(certificate.ca_file))
    with smtp_sink(tls=certificate.server_context()) as secure:
        provider = make_provider(smtp_port=secure.port, security="starttls", network=network)
        provider.send(envelope())
        assert len(secure.deliveries) == 1


@pytest.mark.parametrize("security", ["ssl", "starttls"])
@pytest.mark.parametrize("flaw", ["wrong name", "unknown authority"])
def test_certificate_is_verified(
    make_provider: Make, certificate: Certificate, security: str, flaw: str
) -> None:
    known = str(certificate.ca_file) if flaw == "wrong name" else None
    host = "other.example.test" if flaw == "wrong name" else "mail.example.test"
    context = certificate.server_context()
    with smtp_sink(tls=context, implicit_tls=security == "ssl") as secure:
        provider = make_provider(
            smtp_port=secure.port, security=security, host=host, network=local_network(known)
        )
        with pytest.raises(Permanent) as caught:
            provider.send(envelope(), never)
        assert caught.value.phase is Phase.TLS
        assert "certificate" in caught.value.text


def test_starttls_that_is_not_offered_is_no_reason_to_go_on(
    make_provider: Make, sink: SmtpSink
) -> None:
    provider = make_provider(smtp_port=sink.port, security="starttls")
    with pytest.raises(Permanent) as caught:
        provider.send(envelope(), never)
    assert caught.value.phase is Phase.TLS
    assert sink.commands == []


def test_words_injected_before_tls_are_refused(make_provider: Make) -> None:
    heard: list[str] = []

    def talk(client: Conversation) -> None:
        client.say("220 hello")
        client.hear()
        client.say("250-hello", "250 STARTTLS")
        client.hear()
        client.say("220 go on", "250 injected")
        heard.append(client.hear())

    with line_server(talk) as port, pytest.raises(Permanent) as caught:
        make_provider(smtp_port=port, security="starttls").send(envelope(), never)
    assert caught.value.phase is Phase.TLS
    assert not any("AUTH" in line for line in heard)


def test_plaintext_is_refused_where_it_is_not_opened(make_provider: Make, sink: SmtpSink) -> None:
    network = Network(
        resolve=lambda host, port: "127.0.0.1", plaintext_allowed=lambda host, port: False
    )
    provider = make_provider(smtp_port=sink.port, network=network)
    with pytest.raises(Permanent) as caught:
        provider.send(envelope(), never)
    assert caught.value.phase is Phase.TLS
    assert sink.connections == 0


def test_slow_drip_does_not_outlast_the_deadline(make_provider: Make) -> None:
    done = []

    def talk(client: Conversation) -> None:
        client.send(b"220-")
        try:
            while True:
                client.send(b"x")
                client.sock.settimeout(0.05)
                try:
                    if client.sock.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
        finally:
            done.append(True)

    with line_server(talk) as port, pytest.raises(Temporary):
        make_provider(smtp_port=port, timeouts=HASTY).send(envelope(), never)


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9\r\n", b"\x15\x03\x01\x00\x02\x02\n", b"+OK POP3\r\n", b""]
)
def test_not_an_smtp_server(make_provider: Make, greeting: bytes) -> None:
    def talk(client: Conversation) -> None:
        client.send(greeting)

    with line_server(talk) as port, pytest.raises(Temporary) as caught:
        make_provider(smtp_port=port).send(envelope(), never)
    assert caught.value.text == "could not be reached"


def test_password_letters_beyond_ascii(make_provider: Make) -> None:
    with smtp_sink(users={"alice@example.test": "pässwörd"}) as server:
        make_provider(smtp_port=server.port, password="pässwörd").send(envelope())
        assert len(server.deliveries) == 1


def test_smtplib_would_have_sent_the_same(make_provider: Make, sink: SmtpSink) -> None:
    message = b"Subject: same\r\n\r\n.dot\r\nbody\r\n"
    make_provider(smtp_port=sink.port).send(envelope(message))
    with smtplib.SMTP("127.0.0.1", sink.port) as reference:
        reference.login("alice@example.test", "secret")
        reference.sendmail("alice@example.test", ["bob@example.test"], message)
    ours, theirs = sink.deliveries
    assert (ours.sender, ours.recipients, ours.content) == (
        theirs.sender,
        theirs.recipients,
        theirs.content,
    )


def test_too_late_for_an_answer_is_too_late_for_the_dot(make_provider: Make) -> None:
    def talk(client: Conversation) -> None:
        client.say("220 hello")
        while line := client.hear():
            if line == "DATA":
                # So much time is gone, moved instead of waited for: a busy machine would be late.
                provider.smtp._live_wire().deadline._ends = (
                    time.monotonic() + MIN_ANSWER_SECONDS - 1
                )
                client.say("354 at last")
            else:
                client.say("250 fine")

    with line_server(talk) as port, pytest.raises(Temporary) as caught:
        provider = make_provider(smtp_port=port)
        provider.smtp.server = replace(provider.smtp.server, username="")
        provider.send(envelope(), never)
    assert caught.value.phase is Phase.BODY
