"""Reading a mailbox on a real Dovecot, with all, some and none of the extensions for syncing."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from imapclient import IMAPClient

from app.providers.mail.base import Changes, Evidence, FolderRole, Reset, SentCopy
from app.providers.mail.errors import AuthExpired, FolderGone, Permanent, Phase
from app.providers.mail.imap_smtp import ImapSmtpProvider
from tests.providers.conftest import local_network
from tests.servers.certificates import Certificate
from tests.servers.imap import Dovecot

Make = Callable[..., ImapSmtpProvider]
pytestmark = pytest.mark.dovecot


def mail(number: int, body: str = "Hello") -> bytes:
    return (
        f"From: a@example.test\r\nSubject: mail {number}\r\n"
        f"Message-ID: <m{number}@example.test>\r\n\r\n{body}\r\n"
    ).encode()


@pytest.fixture(params=["qresync", "condstore", "plain"])
def server(request: pytest.FixtureRequest) -> Dovecot:
    found: Dovecot = request.getfixturevalue(f"dovecot_{request.param}")
    return found


@pytest.fixture
def other(server: Dovecot, user: str) -> Iterator[IMAPClient]:
    """Another program at work in the same mailbox."""
    with server.client(user) as client:
        yield client


@pytest.fixture
def provider(make_provider: Make, server: Dovecot, user: str) -> ImapSmtpProvider:
    return make_provider(imap_port=server.port, user=user)


def gone(changes: Changes, known: set[int]) -> set[int]:
    """The UIDs a caller that knows `known` would drop."""
    if changes.present is not None:
        return known - changes.present
    return set(changes.vanished) & known


def test_folders_and_roles(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    other.create_folder("Kunden/Müller & Söhne")
    roles = {folder.role: folder.name for folder in provider.folders() if folder.role}
    assert roles == {
        FolderRole.INBOX: "INBOX",
        FolderRole.SENT: "Sent",
        FolderRole.DRAFTS: "Drafts",
        FolderRole.JUNK: "Junk",
        FolderRole.TRASH: "Trash",
        FolderRole.ARCHIVE: "Archive",
    }
    ours = next(folder for folder in provider.folders() if "Söhne" in folder.name)
    assert ours.name == "Kunden/Müller & Söhne"
    assert provider.changes(ours.key, None).new == ()


def test_first_reading_is_newest_first(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    for number in range(1, 6):
        other.append("INBOX", mail(number), (r"\Seen",) if number == 2 else ())
    changes = provider.changes("INBOX", None)
    assert changes.reset is Reset.FIRST
    assert changes.new == (5, 4, 3, 2, 1)
    fetched = list(provider.fetch("INBOX", changes.new))
    assert [m.uid for m in fetched] == [5, 4, 3, 2, 1]
    assert [m.raw for m in fetched] == [mail(n) for n in (5, 4, 3, 2, 1)]
    assert [m.size for m in fetched] == [len(mail(n)) for n in (5, 4, 3, 2, 1)]
    seen = [m.uid for m in fetched if r"\Seen" in m.flags]
    assert seen == [2]
    assert all(m.internal_date is not None and m.internal_date.tzinfo for m in fetched)


def test_internal_date_is_read_with_its_zone(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    moment = datetime(2024, 3, 1, 9, 30, 5, tzinfo=UTC)
    other.append("INBOX", mail(1), msg_time=moment)
    assert next(provider.fetch("INBOX", [1])).internal_date == moment


def test_since_limits_the_first_reading(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    other.append("INBOX", mail(1), msg_time=datetime(2020, 1, 1, tzinfo=UTC))
    other.append("INBOX", mail(2), msg_time=datetime(2026, 1, 1, tzinfo=UTC))
    changes = provider.changes("INBOX", None, since=date(2025, 6, 1))
    assert changes.new == (2,)
    assert changes.present is None


def test_nothing_happened(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    other.append("INBOX", mail(1))
    first = provider.changes("INBOX", None)
    again = provider.changes("INBOX", first.cursor)
    assert (again.new, again.vanished, again.reset) == ((), (), None)
    assert gone(again, {1}) == set()
    assert again.cursor == first.cursor


def test_new_flagged_and_vanished(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    for number in range(1, 6):
        other.append("INBOX", mail(number))
    cursor = provider.changes("INBOX", None).cursor
    other.select_folder("INBOX")
    other.add_flags([1], [r"\Flagged"])
    other.delete_messages([2, 3])
    other.expunge()
    other.append("INBOX", mail(6))
    changes = provider.changes("INBOX", cursor)
    assert changes.new == (6,)
    assert r"\Flagged" in changes.flags[1]
    assert 6 not in changes.flags
    assert gone(changes, {1, 2, 3, 4, 5}) == {2, 3}
    quiet = provider.changes("INBOX", changes.cursor)
    assert (quiet.new, gone(quiet, {1, 4, 5, 6})) == ((), set())


def test_one_gone_and_one_new_do_not_hide_each_other(
    provider: ImapSmtpProvider, other: IMAPClient
) -> None:
    other.append("INBOX", mail(1))
    other.append("INBOX", mail(2))
    cursor = provider.changes("INBOX", None).cursor
    other.select_folder("INBOX")
    other.delete_messages([1])
    other.expunge()
    other.append("INBOX", mail(3))
    changes = provider.changes("INBOX", cursor)
    assert changes.new == (3,)
    assert gone(changes, {1, 2}) == {1}


def test_the_highest_old_message_is_not_new(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    other.append("INBOX", mail(1))
    other.append("INBOX", mail(2))
    other.select_folder("INBOX")
    cursor = dict(provider.changes("INBOX", None).cursor)
    other.append("INBOX", mail(3))
    other.delete_messages([3])
    other.expunge()
    changes = provider.changes("INBOX", cursor)
    assert changes.new == ()
    assert gone(changes, {1, 2}) == set()


def test_empty_folder(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    first = provider.changes("Archive", None)
    assert (first.new, first.present) == ((), frozenset())
    other.append("Archive", mail(1))
    second = provider.changes("Archive", first.cursor)
    assert second.new == (1,)
    other.select_folder("Archive")
    other.delete_messages([1])
    other.expunge()
    assert gone(provider.changes("Archive", second.cursor), {1}) == {1}


def test_rebuilt_folder_tells_who_is_who(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    other.create_folder("Box")
    other.append("Box", mail(1))
    old = provider.changes("Box", None)
    other.delete_folder("Box")
    other.create_folder("Box")
    other.append("Box", mail(9))
    other.append("Box", mail(1))
    changes = provider.changes("Box", old.cursor)
    assert changes.reset is Reset.UIDVALIDITY
    assert changes.uidvalidity != old.uidvalidity
    known = {identity.message_id: identity for identity in changes.identities}
    assert known["<m1@example.test>"].uid == 2
    assert known["<m1@example.test>"].size == len(mail(1))
    assert known["<m9@example.test>"].internal_date is not None


def test_counters_that_went_backwards(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    other.append("INBOX", mail(1), (r"\Seen",))
    cursor = dict(provider.changes("INBOX", None).cursor)
    cursor["uidnext"] = 100
    cursor["modseq"] = cursor["modseq"] and 10**12
    changes = provider.changes("INBOX", cursor)
    assert changes.reset is Reset.MODSEQ
    assert changes.present == {1}
    assert r"\Seen" in changes.flags[1]


@pytest.mark.parametrize("cursor", [{}, {"uidvalidity": "x"}, {"strange": 1}])
def test_unreadable_cursor_starts_afresh(
    provider: ImapSmtpProvider, other: IMAPClient, cursor: dict[str, object]
) -> None:
    other.append("INBOX", mail(1))
    assert provider.changes("INBOX", cursor).reset is Reset.FIRST


def test_flags_are_changed_relatively(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    other.append("INBOX", mail(1), (r"\Flagged", "Custom"))
    provider.set_flags("INBOX", [1, 77], add=[r"\Seen"], remove=[r"\Flagged"])
    other.select_folder("INBOX")
    flags = {flag.decode() for flag in other.get_flags([1])[1]}
    assert flags >= {r"\Seen", "Custom"}
    assert r"\Flagged" not in flags


def test_reading_does_not_mark_as_read(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    other.append("INBOX", mail(1))
    list(provider.fetch("INBOX", [1]))
    other.select_folder("INBOX")
    assert rb"\Seen" not in other.get_flags([1])[1]


def test_gone_messages_are_left_out(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    other.append("INBOX", mail(1))
    assert [m.uid for m in provider.fetch("INBOX", [99, 1])] == [1]
    assert list(provider.fetch("INBOX", [])) == []


def test_mail_that_looks_like_an_answer(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    trap = b"Subject: x\r\n\r\n* 1 FETCH (UID 99 FLAGS (\\Seen))\r\nUID 7 RFC822.SIZE 1)\r\n"
    other.append("INBOX", trap)
    only = next(provider.fetch("INBOX", [1]))
    assert (only.uid, only.raw) == (1, trap)
    assert r"\Seen" not in only.flags


def test_message_id_is_looked_up_in_sent(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    provider.sent_copy = "provider"
    assert provider.find_by_message_id("<m1@example.test>") is Evidence.ABSENT
    other.append("Sent", mail(1))
    assert provider.find_by_message_id("<m1@example.test>") is Evidence.FOUND
    assert provider.find_by_message_id("<m11@example.test>") is Evidence.ABSENT


def test_absence_proves_nothing_where_we_file_the_copies(provider: ImapSmtpProvider) -> None:
    assert provider.find_by_message_id("<m1@example.test>") is Evidence.UNKNOWN


def test_sent_copy_is_filed_once(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    assert provider.append_sent(mail(1), "<m1@example.test>") is SentCopy.APPENDED
    assert provider.append_sent(mail(1), "<m1@example.test>") is SentCopy.PRESENT
    other.select_folder("Sent")
    assert other.search() == [1]
    assert rb"\Seen" in other.get_flags([1])[1]


def test_sent_copy_stands_there_as_of_the_sending(
    provider: ImapSmtpProvider, other: IMAPClient
) -> None:
    sent_at = datetime(2026, 3, 1, 23, 59, 7, tzinfo=UTC)
    provider.append_sent(mail(1), "<m1@example.test>", sent_at)
    other.select_folder("Sent")
    other.normalise_times = False
    assert other.fetch(1, "INTERNALDATE")[1][b"INTERNALDATE"] == sent_at


@pytest.mark.parametrize(
    "message_id", ['<a"b\\c@example.test>', "<a)b(c@example.test>", "<a%b*c{9}@example.test>"]
)
def test_strange_message_ids(provider: ImapSmtpProvider, message_id: str) -> None:
    provider.append_sent(f"Message-ID: {message_id}\r\n\r\nx\r\n".encode(), message_id)
    assert provider.find_by_message_id(message_id) is Evidence.FOUND


@pytest.mark.parametrize("text", ["<a@b>\r\nx LOGOUT", "<a@b>\nx", "<a\x00@b>"])
def test_command_injection_is_refused(provider: ImapSmtpProvider, text: str) -> None:
    with pytest.raises(Permanent):
        provider.find_by_message_id(text)
    with pytest.raises(Permanent):
        provider.changes(text, None)
    with pytest.raises(Permanent):
        provider.set_flags("INBOX", [1], add=[text])


def test_folder_name_cannot_leave_its_quotes(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    other.append("INBOX", mail(1))
    with pytest.raises(FolderGone):
        provider.changes('x" LOGOUT "', None)
    assert provider.changes("INBOX", None).new == (1,)


def test_missing_folder(provider: ImapSmtpProvider) -> None:
    with pytest.raises(FolderGone):
        provider.changes("Nowhere", None)


def test_wrong_password(make_provider: Make, server: Dovecot, user: str) -> None:
    provider = make_provider(imap_port=server.port, user=user, password="not it")
    with pytest.raises(AuthExpired) as caught:
        provider.folders()
    assert "uthentication failed" in caught.value.text
    assert "not it" not in str(caught.value)


def test_lost_connection_is_replaced(
    provider: ImapSmtpProvider, other: IMAPClient, user: str
) -> None:
    other.append("INBOX", mail(1))
    assert provider.changes("INBOX", None).new == (1,)
    wire = provider.imap._wire
    assert wire is not None
    wire._imap.sock.shutdown(2)
    assert [m.uid for m in provider.fetch("INBOX", [1])] == [1]


def test_idle_hears_new_mail_and_flags(provider: ImapSmtpProvider, other: IMAPClient) -> None:
    watch = provider.idle("INBOX")
    assert watch is not None
    try:
        assert not watch.news()
        other.append("INBOX", mail(1))
        assert _heard(watch)
        watch.renew()
        other.select_folder("INBOX")
        other.add_flags([1], [r"\Flagged"])
        assert _heard(watch)
    finally:
        watch.close()


def _heard(watch: object) -> bool:
    """News within a generous while; the loop ends as soon as they are there."""
    for _ in range(50):
        select.select([watch], [], [], 10)
        if watch.news():  # type: ignore[attr-defined]
            return True
    return False


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_tls(
    make_provider: Make,
    dovecot_qresync: Dovecot,
    certificate: Certificate,
    user: str,
    security: str,
) -> None:
    port = dovecot_qresync.tls_port if security == "ssl" else dovecot_qresync.port
    network = local_network(str(certificate.ca_file))
    provider = make_provider(imap_port=port, user=user, security=security, network=network)
    with dovecot_qresync.client(user) as other:
        other.append("INBOX", mail(1, "x" * 300_000))
    assert next(provider.fetch("INBOX", [1])).raw == mail(1, "x" * 300_000)
    watch = provider.idle("INBOX")
    assert watch is not None
    watch.close()


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_certificate_is_verified(
    make_provider: Make,
    dovecot_qresync: Dovecot,
    certificate: Certificate,
    user: str,
    security: str,
) -> None:
    port = dovecot_qresync.tls_port if security == "ssl" else dovecot_qresync.port
    for host, known in (("wrong.example.test", certificate.ca_file), ("mail.example.test", None)):
        network = local_network(str(known) if known else None)
        provider = make_provider(
            imap_port=port, user=user, security=security, host=host, network=network
        )
        with pytest.raises(Permanent) as caught:
            provider.folders()
        assert caught.value.phase is Phase.TLS


@pytest.mark.parametrize("kind", ["qresync", "condstore", "plain"])
def test_best_extension_is_used(
    request: pytest.FixtureRequest, make_provider: Make, user: str, kind: str
) -> None:
    server = request.getfixturevalue(f"dovecot_{kind}")
    provider = make_provider(imap_port=server.port, user=user)
    provider.changes("INBOX", None)
    expected = {"qresync": {"QRESYNC"}, "condstore": {"CONDSTORE"}, "plain": set()}
    assert provider.imap.enabled == expected[kind]
