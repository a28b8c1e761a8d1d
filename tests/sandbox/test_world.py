"""The world as its clients see it: SMTP and IMAP over real sockets, and what survives a crash."""

import resource
import signal
import smtplib
import subprocess
import sys

import pytest
from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from app.sandbox.passwords import SYSTEM_ADDRESS, sandbox_password
from tests.sandbox.world import KEY, ROOT, World, make_mail, wait_until

MIA = "mia@acme.sandbox.test"
TOM = "tom@acme.sandbox.test"
LEAD = "anna+silent@north.sandbox.test"


def state(world: World, address: str, folder: str) -> dict[str, object]:
    """Everything a mail program remembers about a folder."""
    with world.imap(address) as client:
        info = client.select_folder(folder, readonly=True)
        found = client.fetch(
            client.search(), [b"FLAGS", b"INTERNALDATE", b"BODY.PEEK[]", b"EMAILID"]
        )
        return {
            "validity": info[b"UIDVALIDITY"],
            "next": info[b"UIDNEXT"],
            "mails": {
                uid: (set(data[b"FLAGS"]), data[b"INTERNALDATE"], data[b"BODY[]"], data[b"EMAILID"])
                for uid, data in found.items()
            },
        }


def test_the_world_knows_neither_flask_nor_the_database() -> None:
    code = (
        "import sys, app.sandbox.world.process; "
        "bad = {'flask', 'sqlalchemy', 'redis', 'app.factory', 'app.core'} & set(sys.modules); "
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_wrong_password_is_refused_as_a_real_server_does(world: World) -> None:
    with smtplib.SMTP("127.0.0.1", world.smtp_port) as server:
        with pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
            server.login(MIA, "wrong")
        assert refusal.value.smtp_code == 535
    with IMAPClient("127.0.0.1", world.imap_port, ssl=False) as client:
        with pytest.raises(LoginError):
            client.login(MIA, "wrong")
        with pytest.raises(LoginError):
            client.login(MIA, sandbox_password(KEY, TOM))


def test_nobody_sends_without_signing_in_or_as_somebody_else(world: World) -> None:
    with smtplib.SMTP("127.0.0.1", world.smtp_port) as server:
        server.ehlo()
        assert server.mail(MIA)[0] == 530
    with world.smtp(MIA) as server:
        assert server.mail(TOM)[0] == 553


def test_login_mechanism_works_too(world: World) -> None:
    with smtplib.SMTP("127.0.0.1", world.smtp_port) as server:
        server.ehlo()
        server.user, server.password = MIA, sandbox_password(KEY, MIA)
        assert server.auth("LOGIN", server.auth_login)[0] == 235


def test_a_mail_lands_in_the_inbox_and_in_sent(world: World) -> None:
    message_id = world.send(MIA, TOM)
    (received,), (sent,) = world.mails(TOM), world.mails(MIA, "Sent")
    assert received["Message-ID"] == sent["Message-ID"] == message_id
    with world.imap(MIA) as client:
        client.select_folder("Sent")
        assert client.search(["HEADER", "Message-ID", message_id]) == [1]
        assert SEEN in client.get_flags([1])[1]


def test_an_address_can_ask_for_no_sent_copy(world: World) -> None:
    world.send("mia+nosent@acme.sandbox.test", TOM)
    assert len(world.mails(TOM)) == 1
    assert world.mails("mia+nosent@acme.sandbox.test", "Sent") == []


def test_mail_never_leaves_the_world(world: World) -> None:
    with world.smtp(MIA) as server:
        server.mail(MIA)
        code, text = server.rcpt("somebody@example.com")
    assert code == 550
    assert b"5.7.1" in text


def test_the_system_sender_reaches_everybody_and_nobody_reacts(world: World) -> None:
    world.send(SYSTEM_ADDRESS, "new.user@example.com", "Confirm your address")
    world.send(SYSTEM_ADDRESS, "anna+reply@x.sandbox.test", "Confirm your address")
    assert world.mails("new.user@example.com")[0]["Subject"] == "Confirm your address"
    assert len(world.mails(SYSTEM_ADDRESS, "Sent")) == 2
    world.send(MIA, "ben+reply@x.sandbox.test")
    world.wait_for(MIA)  # by now an answer to the earlier mail would have come as well
    assert world.mails(SYSTEM_ADDRESS) == []


def test_folders_have_their_special_uses(world: World) -> None:
    with world.imap(MIA) as client:
        flags = {name: attributes for attributes, _delimiter, name in client.list_folders()}
        assert b"\\Sent" in flags["Sent"]
        assert b"\\Junk" in flags["Junk"]
        assert client.find_special_folder(b"\\Sent") == "Sent"


def test_idle_reports_new_mail(world: World) -> None:
    with world.imap(TOM) as client:
        client.select_folder("INBOX")
        client.idle()
        world.send(MIA, TOM)
        wait_until(lambda: (1, b"EXISTS") in client.idle_check(timeout=1))
        client.idle_done()
        assert len(client.search()) == 1


def test_everything_survives_kill_9(world: World) -> None:
    for number in range(6):
        world.send(MIA, TOM, f"Mail {number}")
    with world.imap(TOM) as client:
        client.create_folder("Projects")
        client.subscribe_folder("Projects")
        client.select_folder("INBOX")
        client.add_flags([1, 2], [b"\\Seen", b"\\Flagged"])
        client.remove_flags([2], [b"\\Seen"])
        client.move([3], "Archive")
        client.copy([4], "Projects")
        client.delete_messages([6])
        client.expunge()
        client.append("Drafts", make_mail(TOM, MIA, "Draft").as_bytes(), [b"\\Draft", b"\\Seen"])
    folders = ("INBOX", "Archive", "Projects", "Drafts")
    before = {folder: state(world, TOM, folder) for folder in folders}
    sent = state(world, MIA, "Sent")
    assert before["INBOX"]["next"] == 7

    world.kill()
    world.start()

    assert {folder: state(world, TOM, folder) for folder in folders} == before
    assert state(world, MIA, "Sent") == sent
    with world.imap(TOM) as client:
        assert [name for *_rest, name in client.list_sub_folders()] == ["INBOX", "Projects"]
    world.send(MIA, TOM, "After")
    after = state(world, TOM, "INBOX")["mails"]
    assert isinstance(after, dict)
    assert set(after) == {1, 2, 4, 5, 7}


def test_what_was_answered_250_is_there_after_kill_9_in_a_burst(world: World) -> None:
    accepted: list[str] = []
    assert world.mails(TOM) == []  # somebody who reads mail with a program keeps all of it
    with world.smtp(MIA) as server:
        for number in range(200):
            if number == 150:
                assert world.process is not None
                world.process.send_signal(signal.SIGKILL)
            message = make_mail(MIA, TOM, f"Mail {number}")
            try:
                server.send_message(message, MIA, [TOM])
            except (smtplib.SMTPException, OSError):
                break
            accepted.append(str(message["Message-ID"]))
    world.end(signal.SIGKILL)
    world.start()
    received = [str(mail["Message-ID"]) for mail in world.mails(TOM)]
    assert len(accepted) >= 150
    assert received[: len(accepted)] == accepted
    assert len(received) == len(set(received))


def test_sigterm_ends_it_even_with_an_idle_client(world: World) -> None:
    with world.imap(TOM) as client:
        client.select_folder("INBOX")
        client.idle()
        assert world.end() == 0
        client.shutdown()


def test_a_second_process_on_the_same_data_says_so(world: World) -> None:
    other = World(world.directory)
    with pytest.raises(AssertionError, match="is it running already"):
        other.start()


@pytest.mark.parametrize("missing", ["SANDBOX_KEY", "SANDBOX_SMTP_PORT"])
def test_a_missing_setting_is_named(world: World, missing: str) -> None:
    other = World(world.directory, {missing: ""})
    with pytest.raises(AssertionError, match=missing):
        other.start()


def test_a_full_disk_is_said_and_nothing_confirmed_is_lost(world: World) -> None:
    assert world.mails(TOM) == []
    assert world.process is not None
    resource.prlimit(world.process.pid, resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
    accepted: list[str] = []
    codes: list[int] = []
    with world.smtp(MIA) as server:
        for number in range(100):
            message = make_mail(MIA, TOM, f"Mail {number}")
            try:
                server.send_message(message, MIA, [TOM])
            except smtplib.SMTPDataError as refusal:
                codes.append(refusal.smtp_code)
                break
            accepted.append(str(message["Message-ID"]))
    assert codes == [452]
    assert accepted
    with world.imap(TOM) as client:
        with pytest.raises(IMAPClientError, match="disk"):
            client.append("Drafts", make_mail(TOM, MIA).as_bytes())
        assert [info[1] for info in client.list_folders()] != []
    world.kill()
    world.start()
    assert [str(mail["Message-ID"]) for mail in world.mails(TOM)] == accepted
    world.send(MIA, TOM, "There is room again")


@pytest.mark.parametrize(
    "raw",
    [b"", b"no headers at all", b"\xff\xfe\r\n\r\n\x00", b"Subject: =?x?q?=\r\nTo: <<\r\n\r\n"],
)
def test_broken_mail_is_delivered_as_it_is(world: World, raw: bytes) -> None:
    with world.smtp(MIA) as server:
        server.sendmail(MIA, ["anna+reply@x.sandbox.test", TOM], raw)
    with world.imap(TOM) as client:
        client.select_folder("INBOX")
        (data,) = client.fetch(client.search(), ["BODY.PEEK[]", "ENVELOPE"]).values()
        assert data[b"BODY[]"].rstrip() == raw.rstrip()
