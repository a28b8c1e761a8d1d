"""What every mailbox must do, whatever server stands behind it: Dovecot with a plain SMTP server
that keeps no copies, and the sandbox, which files its own copy of what it sends."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from app.providers.mail.base import Envelope, Evidence, FolderRole, Reset, SentCopy
from app.providers.mail.errors import AuthExpired, Fenced, FolderGone
from app.providers.mail.imap_smtp import ImapSmtpProvider
from app.sandbox.passwords import sandbox_password
from tests.sandbox.world import KEY, World
from tests.servers.smtp import smtp_sink

Make = Callable[..., ImapSmtpProvider]


@dataclass
class Box:
    """A mailbox behind the adapter, and a second program at work in it."""

    kind: str
    provider: ImapSmtpProvider
    other: IMAPClient
    address: str
    make: Callable[..., ImapSmtpProvider]

    def deliver(self, number: int, folder: str = "INBOX") -> None:
        self.other.append(folder, mail(number))

    def send(self, number: int, **options: Any) -> None:
        envelope = Envelope(self.address, ["bob+silent@people.sandbox.test"], mail(number))
        self.provider.send(envelope, **options)


def mail(number: int) -> bytes:
    return (
        f"From: a@acme.sandbox.test\r\nTo: bob+silent@people.sandbox.test\r\n"
        f"Subject: mail {number}\r\nMessage-ID: <m{number}@acme.sandbox.test>\r\n"
        f"Date: Mon, 02 Feb 2026 10:00:00 +0000\r\n\r\nHello {number}\r\n"
    ).encode()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(Path(tmp_path_factory.mktemp("world"))).start()
    yield world
    world.end()


@contextmanager
def _client(port: int, address: str, password: str) -> Iterator[IMAPClient]:
    with IMAPClient("127.0.0.1", port, ssl=False) as client:
        client.login(address, password)
        yield client


@pytest.fixture(params=[pytest.param("dovecot", marks=pytest.mark.dovecot), "sandbox"])
def box(request: pytest.FixtureRequest, make_provider: Make, user: str) -> Iterator[Box]:
    kind = request.param
    if kind == "dovecot":
        server = request.getfixturevalue("dovecot_qresync")
        with smtp_sink(users={user: "secret"}) as sink:
            servers: dict[str, Any] = {"imap_port": server.port, "smtp_port": sink.port}

            def make(**over: Any) -> ImapSmtpProvider:
                return make_provider(**{**servers, "user": user, **over})

            with server.client(user) as other:
                yield Box(kind, make(), other, user, make)
        return
    world = request.getfixturevalue("world")
    address = user.replace("@example.test", "@acme.sandbox.test")
    password = sandbox_password(KEY, address)

    def make_sandbox(**over: Any) -> ImapSmtpProvider:
        values = {"imap_port": world.imap_port, "smtp_port": world.smtp_port, "user": address}
        values |= {"password": password, "sent_copy": "provider", **over}
        return make_provider(**values)

    with _client(world.imap_port, address, password) as other:
        yield Box(kind, make_sandbox(), other, address, make_sandbox)


def test_verify(box: Box) -> None:
    found = box.provider.verify()
    assert found.ok, [step.text for step in found.steps]
    assert {folder.role for folder in found.folders} >= {FolderRole.INBOX, FolderRole.SENT}


def test_verify_with_a_wrong_password(box: Box) -> None:
    found = box.make(password="wrong").verify()
    assert {step.name: step.ok for step in found.steps} == {
        "imap_connect": True,
        "imap_login": False,
        "imap_folders": None,
        "smtp_connect": True,
        "smtp_login": False,
    }
    assert isinstance(found.error, AuthExpired)


def test_sent_mail_leaves_a_copy_either_way(box: Box) -> None:
    box.send(1)
    outcome = box.provider.append_sent(mail(1), "<m1@acme.sandbox.test>")
    assert outcome is (SentCopy.PRESENT if box.kind == "sandbox" else SentCopy.APPENDED)
    assert box.provider.append_sent(mail(1), "<m1@acme.sandbox.test>") is SentCopy.PRESENT
    assert box.provider.find_by_message_id("<m1@acme.sandbox.test>") is Evidence.FOUND


def test_fenced_mail_leaves_no_trace(box: Box) -> None:
    with pytest.raises(Fenced):
        box.send(2, before_dot=lambda: False)
    found = box.provider.find_by_message_id("<m2@acme.sandbox.test>")
    assert found is (Evidence.ABSENT if box.kind == "sandbox" else Evidence.UNKNOWN)
    box.send(3)


def test_new_mail_is_told_once_and_read_whole(box: Box) -> None:
    first = box.provider.changes("INBOX", None)
    assert (first.reset, first.new) == (Reset.FIRST, ())
    box.deliver(1)
    box.deliver(2)
    second = box.provider.changes("INBOX", first.cursor)
    fetched = list(box.provider.fetch("INBOX", second.new))
    assert [message.raw for message in fetched] == [mail(2), mail(1)]
    assert [message.uid for message in fetched] == list(second.new)
    third = box.provider.changes("INBOX", second.cursor)
    assert third.new == ()


def test_flags_go_both_ways(box: Box) -> None:
    box.deliver(1)
    start = box.provider.changes("INBOX", None)
    (uid,) = start.new
    box.provider.set_flags("INBOX", [uid], add=["\\Seen"])
    box.other.select_folder("INBOX")
    assert b"\\Seen" in box.other.get_flags([uid])[uid]
    box.other.add_flags([uid], ["\\Flagged"])
    seen = box.provider.changes("INBOX", start.cursor)
    assert seen.flags[uid] >= {"\\Seen", "\\Flagged"}
    box.provider.set_flags("INBOX", [uid], remove=["\\Seen"])
    assert "\\Seen" not in box.provider.changes("INBOX", seen.cursor).flags[uid]


def test_gone_mail_is_missed(box: Box) -> None:
    for number in (1, 2, 3):
        box.deliver(number)
    start = box.provider.changes("INBOX", None)
    box.other.select_folder("INBOX")
    box.other.delete_messages([start.new[1]])
    box.other.expunge()
    changes = box.provider.changes("INBOX", start.cursor)
    known = set(start.new)
    gone = known - changes.present if changes.present is not None else set(changes.vanished)
    assert gone == {start.new[1]}


def test_idle(box: Box) -> None:
    watch = box.provider.idle("INBOX")
    assert watch is not None
    try:
        box.deliver(1)
        for _ in range(50):
            select.select([watch], [], [], 10)
            if watch.news():
                break
        else:
            pytest.fail("nothing was heard of the new mail")
        watch.renew()
    finally:
        watch.close()


def test_missing_folder(box: Box) -> None:
    with pytest.raises(FolderGone):
        box.provider.changes("No such folder", None)


def test_closed_provider_opens_again(box: Box) -> None:
    box.deliver(1)
    box.provider.close()
    assert len(box.provider.changes("INBOX", None).new) == 1
    box.provider.close()
    box.send(4)
