"""IMAP servers that are slow, rude, or do not keep to the standard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.providers.mail.base import MAX_MAIL_BYTES, FolderRole, Timeouts
from app.providers.mail.errors import MailError, Permanent, RateLimited, Temporary
from app.providers.mail.folder_roles import role_of_name
from app.providers.mail.imap_smtp import ImapSmtpProvider
from tests.providers.conftest import PATIENT
from tests.servers.lines import Conversation, line_server

Make = Callable[..., ImapSmtpProvider]
HASTY = Timeouts(connect=0.4, reply=0.4, total=1.0, fetch=1.2)
Answers = dict[str, list[str]]

FOLDER = ["* 3 EXISTS", "* 0 RECENT", "* OK [UIDVALIDITY 7] ok", "* OK [UIDNEXT 9] ok"]


def scripted(answers: Answers) -> Callable[[Conversation], None]:
    """A server that answers by the beginning of the command: lines, then OK or the last "! …"."""

    def talk(client: Conversation) -> None:
        client.say("* OK hello")
        for tag, rest in client.commands():
            known = (lines for start, lines in answers.items() if rest.startswith(start))
            lines = next(known, _usual(rest))
            status = "OK done"
            for line in lines:
                if line.startswith("! "):
                    status = line[2:]
                else:
                    client.say(line)
            if status == "HANG UP":
                return
            client.say(f"{tag} {status}")

    return talk


def _usual(rest: str) -> list[str]:
    if rest.startswith("CAPABILITY"):
        return ["* CAPABILITY IMAP4rev1"]
    if rest.startswith(("EXAMINE", "SELECT")):
        return FOLDER
    return []


def test_uidnext_is_derived_where_it_is_not_told(make_provider: Make) -> None:
    answers: Answers = {
        "EXAMINE": ["* 3 EXISTS", "* OK [UIDVALIDITY 7] ok"],
        "UID SEARCH UID *": ["* SEARCH 8"],
        "UID SEARCH ALL": ["* SEARCH 2 5", "* SEARCH 8"],
    }
    with line_server(scripted(answers)) as port:
        changes = make_provider(imap_port=port).changes("INBOX", None)
        assert changes.new == (8, 5, 2)
        assert changes.cursor["uidnext"] == 9


def test_search_without_an_answer_means_nothing_found(make_provider: Make) -> None:
    with line_server(scripted({"UID SEARCH": []})) as port:
        assert make_provider(imap_port=port).changes("INBOX", None).new == ()


def test_n_star_quirk(make_provider: Make) -> None:
    cursor = {"uidvalidity": 7, "uidnext": 9, "modseq": None, "messages": 3}
    answers: Answers = {
        "EXAMINE": ["* 3 EXISTS", "* OK [UIDVALIDITY 7] ok", "* OK [UIDNEXT 12] ok"],
        "UID SEARCH UID 9:*": ["* SEARCH 8"],
        "UID FETCH": ["* 3 FETCH (UID 8 FLAGS ())"],
    }
    with line_server(scripted(answers)) as port:
        changes = make_provider(imap_port=port).changes("INBOX", cursor)
    assert changes.new == ()


def test_unsolicited_and_partial_fetch_answers(make_provider: Make) -> None:
    listing = [
        '* 1 FETCH (UID 4 FLAGS (\\Seen) INTERNALDATE " 1-Feb-2024 10:00:00 +0100" RFC822.SIZE 5)',
        "* 2 FETCH (FLAGS (\\Deleted))",
        '* 3 FETCH (UID 6 FLAGS () INTERNALDATE "nonsense" RFC822.SIZE 5)',
        "* 5 EXISTS",
    ]
    bodies = [
        "* 3 FETCH (UID 6 FLAGS (\\Seen))",
        "* 1 FETCH (UID 4 BODY[] {5}\r\nHello)",
        "* 3 FETCH (UID 6 BODY[] {5}\r\nWorld FLAGS (\\Seen))",
    ]
    answers: Answers = {
        "UID FETCH 4,6 (UID FLAGS": listing,
        "UID FETCH 4,6 (UID BODY": bodies,
    }
    with line_server(scripted(answers)) as port:
        fetched = list(make_provider(imap_port=port).fetch("INBOX", [4, 6]))
    assert [(m.uid, m.raw, sorted(m.flags)) for m in fetched] == [
        (6, b"World", []),
        (4, b"Hello", ["\\Seen"]),
    ]
    assert fetched[0].internal_date is None
    assert str(fetched[1].internal_date) == "2024-02-01 09:00:00+00:00"


def test_one_message_the_server_cannot_produce(make_provider: Make) -> None:
    size = "FLAGS () RFC822.SIZE 5"
    answers: Answers = {
        "UID FETCH 4,6 (UID FLAGS": [f"* 1 FETCH (UID 4 {size})", f"* 2 FETCH (UID 6 {size})"],
        "UID FETCH 4,6 (UID BODY": ["! NO [SERVERBUG] internal error"],
        "UID FETCH 6 (UID BODY": ["! NO mail is corrupt"],
        "UID FETCH 4 (UID BODY": ["* 1 FETCH (UID 4 BODY[] {5}\r\nHello)"],
    }
    answers["UID FETCH 4,6 (UID BODY"] = ["! NO cannot read"]
    with line_server(scripted(answers)) as port:
        fetched = list(make_provider(imap_port=port).fetch("INBOX", [4, 6]))
    assert [(m.uid, m.raw) for m in fetched] == [(6, b""), (4, b"Hello")]
    assert "mail is corrupt" in fetched[0].problem


def test_huge_message_is_flagged_and_only_begun(make_provider: Make) -> None:
    huge = MAX_MAIL_BYTES + 1
    answers: Answers = {
        "UID FETCH 4 (UID FLAGS": [f"* 1 FETCH (UID 4 FLAGS () RFC822.SIZE {huge})"],
        "UID FETCH 4 (UID BODY.PEEK[]<0.262144>)": ["* 1 FETCH (UID 4 BODY[]<0> {5}\r\nHello)"],
    }
    with line_server(scripted(answers)) as port:
        (only,) = make_provider(imap_port=port).fetch("INBOX", [4])
    assert (only.raw, only.size) == (b"Hello", huge)
    assert "50 MB" in only.problem


def test_literal_that_lies_about_its_length(make_provider: Make) -> None:
    answers: Answers = {
        "UID FETCH 4 (UID FLAGS": ["* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 5)"],
        "UID FETCH 4 (UID BODY": ["* 1 FETCH (UID 4 BODY[] {99999999999}\r\nHello)"],
    }
    with line_server(scripted(answers)) as port, pytest.raises(Temporary):
        list(make_provider(imap_port=port).fetch("INBOX", [4]))


def test_vanished_everything(make_provider: Make) -> None:
    answers: Answers = {
        "CAPABILITY": ["* CAPABILITY IMAP4rev1 ENABLE QRESYNC CONDSTORE"],
        "ENABLE": ["* ENABLED QRESYNC"],
        "EXAMINE": [
            "* 1 EXISTS",
            "* OK [UIDVALIDITY 7] ok",
            "* OK [UIDNEXT 4000000000] ok",
            "* OK [HIGHESTMODSEQ 20] ok",
        ],
        "UID FETCH": ["* VANISHED (EARLIER) 1:3999999998"],
        "UID SEARCH ALL": ["* SEARCH 3999999999"],
    }
    cursor = {"uidvalidity": 7, "uidnext": 4_000_000_000, "modseq": 10, "messages": 9}
    with line_server(scripted(answers)) as port:
        changes = make_provider(imap_port=port).changes("INBOX", cursor)
    assert changes.vanished == ()
    assert changes.present == {3_999_999_999}


def test_enable_that_is_refused(make_provider: Make) -> None:
    answers: Answers = {
        "CAPABILITY": ["* CAPABILITY IMAP4rev1 ENABLE QRESYNC"],
        "ENABLE": ["! BAD no"],
        "UID SEARCH": ["* SEARCH 8"],
    }
    with line_server(scripted(answers)) as port:
        assert make_provider(imap_port=port).changes("INBOX", None).new == (8,)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("! NO [LIMIT] Too many connections", RateLimited),
        ("! NO [UNAVAILABLE] Backend is down", Temporary),
        ("! HANG UP", Temporary),
    ],
)
def test_login_refused_for_now_is_not_a_wrong_password(
    make_provider: Make, answer: str, kind: type[MailError]
) -> None:
    with line_server(scripted({"LOGIN": [answer]})) as port, pytest.raises(kind):
        make_provider(imap_port=port).folders()


@pytest.mark.parametrize(
    "greeting",
    ["220 smtp.example.test ESMTP", "* BYE busy", "SSH-2.0-OpenSSH_9", "", "* 1 FETCH ((((("],
)
def test_not_an_imap_server(make_provider: Make, greeting: str) -> None:
    def talk(client: Conversation) -> None:
        client.say(greeting)

    with line_server(talk) as port, pytest.raises(Temporary) as caught:
        make_provider(imap_port=port).folders()
    assert caught.value.text == "could not be reached"


@pytest.mark.parametrize("after", ["greeting", "LOGIN", "EXAMINE", "UID SEARCH"])
def test_dead_server_is_given_up(make_provider: Make, after: str) -> None:
    def talk(client: Conversation) -> None:
        if after != "greeting":
            client.say("* OK hello")
        for tag, rest in client.commands():
            if after == "greeting" or rest.startswith(after):
                continue
            client.say(*_usual(rest), f"{tag} OK done")

    with line_server(talk) as port, pytest.raises(Temporary):
        make_provider(imap_port=port, timeouts=HASTY).changes("INBOX", None)


def test_slow_drip_is_given_up(make_provider: Make) -> None:
    def talk(client: Conversation) -> None:
        client.say("* OK hello")
        for tag, rest in client.commands():
            if rest.startswith("UID SEARCH"):
                client.sock.settimeout(0.05)
                while True:
                    client.send(b"*")
                    try:
                        if client.sock.recv(1) == b"":
                            return
                    except TimeoutError:
                        continue
            client.say(*_usual(rest), f"{tag} OK done")

    # Only the search may run out of time, however slowly the rest goes.
    limited = replace(PATIENT, fetch=1.2)
    with line_server(talk) as port, pytest.raises(Temporary) as caught:
        make_provider(imap_port=port, timeouts=limited).changes("INBOX", None)
    assert "too long" in caught.value.text


def test_folder_names_survive_as_the_server_spells_them(make_provider: Make) -> None:
    answers: Answers = {
        "LIST": [
            '* LIST (\\HasNoChildren) "/" INBOX',
            '* LIST (\\HasNoChildren) "/" "Gel&APY-schte Elemente"',
            '* LIST (\\HasNoChildren) "/" "R\xe4w"',
            '* LIST (\\HasNoChildren) "/" 2024',
            '* LIST (\\Noselect) "/" "Sent"',
            '* LIST (\\HasNoChildren) "/" "INBOX/Gesendet"',
            '* LIST (\\HasNoChildren) "/" "Work/Sent"',
            '* LIST (\\Flagged) "/" "Starred"',
        ]
    }
    with line_server(scripted(answers)) as port:
        provider = make_provider(imap_port=port)
        folders = {folder.key: folder for folder in provider.folders()}
        provider.changes("R\xe4w", None)
    assert folders["Gel&APY-schte Elemente"].name == "Gelöschte Elemente"
    assert folders["Gel&APY-schte Elemente"].role is FolderRole.TRASH
    assert folders["INBOX/Gesendet"].role is FolderRole.SENT
    assert folders["Work/Sent"].role is FolderRole.OTHER
    assert not folders["Sent"].selectable
    assert folders["INBOX"].role is FolderRole.INBOX
    assert "2024" in folders
    assert "Starred" not in folders


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Envoyés", FolderRole.SENT),
        ("Отправленные", FolderRole.SENT),
        ("已发送", FolderRole.SENT),
        ("[Gmail]/Sent Mail", FolderRole.SENT),
        ("[Gmail]/All Mail", FolderRole.ALL),
        ("INBOX/Entwürfe", FolderRole.DRAFTS),
        ("Correo no deseado", FolderRole.JUNK),
        ("迷惑メール", FolderRole.JUNK),
        ("Kosz", FolderRole.TRASH),
        ("Archief", FolderRole.ARCHIVE),
        ("Projects", FolderRole.OTHER),
        ("Clients/Sent", FolderRole.OTHER),
    ],
)
def test_roles_by_name(name: str, role: FolderRole) -> None:
    assert role_of_name(name, "/") is role


def test_lost_answer_to_append_is_not_repeated(make_provider: Make) -> None:
    appended: list[str] = []

    def talk(client: Conversation) -> None:
        client.say("* OK hello")
        for tag, rest in client.commands():
            if rest.startswith("APPEND"):
                client.say("+ go on")
                appended.append(client.hear())
                return
            if rest.startswith("LIST"):
                client.say('* LIST (\\Sent) "/" Sent')
            client.say(*_usual(rest), f"{tag} OK done")

    with line_server(talk) as port, pytest.raises(Temporary):
        make_provider(imap_port=port).append_sent(b"Subject: x\r\n\r\n", "<a@b.test>")
    assert len(appended) == 1


def test_folder_rebuilt_between_listing_and_reading(make_provider: Make) -> None:
    validity = iter(["7", "8"])

    def talk(client: Conversation) -> None:
        client.say("* OK hello")
        for tag, rest in client.commands():
            if rest.startswith("EXAMINE"):
                client.say("* 1 EXISTS", f"* OK [UIDVALIDITY {next(validity)}] ok")
                client.say("* OK [UIDNEXT 9] ok")
            elif rest.startswith("UID FETCH"):
                client.say("* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 5)")
            else:
                client.say(*_usual(rest))
            client.say(f"{tag} OK done")

    with line_server(talk) as port:
        provider = make_provider(imap_port=port)
        provider.changes("INBOX", None)
        provider.imap.close()
        with pytest.raises(Temporary, match="rebuilt"):
            list(provider.fetch("INBOX", [4]))


def test_line_break_in_a_flag_or_folder_reaches_no_server(make_provider: Make) -> None:
    heard: list[str] = []

    def talk(client: Conversation) -> None:
        client.say("* OK hello")
        for tag, rest in client.commands():
            heard.append(rest)
            client.say(*_usual(rest), f"{tag} OK done")

    with line_server(talk) as port:
        provider = make_provider(imap_port=port)
        with pytest.raises(Permanent):
            provider.changes('INBOX"\r\nx DELETE "Sent', None)
        with pytest.raises(Permanent):
            provider.set_flags("INBOX", [1], add=["\\Seen)\r\nx DELETE Sent"])
    assert not any("DELETE" in line for line in heard)
