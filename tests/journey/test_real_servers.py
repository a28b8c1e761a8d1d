"""The whole trip with nothing of the sandbox: accounts on a real Dovecot over TLS, mail through a
real SMTP server, recipients who read, click, answer and leave from their own mailboxes.

Two accounts send: one at a server that files a copy of what it sends, one at a server that does
not. Everything is done through the front doors, by all processes of an installation.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest

from tests.journey.conftest import install, stop
from tests.journey.people import (
    Visitor,
    answer,
    follow_link,
    html_of,
    is_seen,
    look_at_pictures,
    read_mails,
    unsubscribe_by_header,
)
from tests.journey.relay import Relay, relay
from tests.servers.certificates import Certificate, make_certificate
from tests.servers.imap import Dovecot, dovecot
from tests.servers.installation import Installation, until
from tests.servers.redis_server import redis_server

pytestmark = pytest.mark.dovecot

OWNER = "olga@acme.test"
KEEPER, FORGETTER = "kim@keeps.test", "fay@forgets.test"
NAMES = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gil", "Hope")
LEADS = {f"{name.lower()}@people.test": name for name in NAMES}
NOBODY = "nobody@people.test"
TARGET = "https://acme.test/tour?from=mail&step=1"
A_PERSON_NEEDS = 10.0  # seconds from arrival to a click; whatever is quicker counts as a machine


@dataclass
class World:
    """An installation among real mail servers."""

    parakeet: Installation
    mailboxes: Dovecot
    keeps: Relay
    forgets: Relay

    @property
    def accepted(self) -> list[tuple[str, str, str]]:
        """(sender, recipient, Message-ID) of everything both servers took."""
        return self.keeps.accepted + self.forgets.accepted

    def inbox(self, user: str) -> list[EmailMessage]:
        return read_mails(self.mailboxes, user)

    def from_accounts(self, user: str) -> list[EmailMessage]:
        return [m for m in self.inbox(user) if parseaddr(m["From"])[1] in (KEEPER, FORGETTER)]


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path, "127.0.0.1")


@pytest.fixture
def world(tmp_path: Path, certificate: Certificate) -> Iterator[World]:
    with (
        redis_server(tmp_path) as redis,
        dovecot(certificate=certificate) as mailboxes,
        relay(mailboxes, certificate, files_copies=True) as keeps,
        relay(mailboxes, certificate, implicit_tls=True) as forgets,
    ):
        keeps.unknown = forgets.unknown = {NOBODY}
        ports = (mailboxes.tls_port, keeps.port, forgets.port)
        parakeet = install(
            tmp_path,
            redis,
            EGRESS_ALLOW=",".join(f"127.0.0.1:{port}" for port in ports),
            SSL_CERT_FILE=str(certificate.ca_file),
            SYSTEM_SMTP_URL=f"smtp+starttls://post%40acme.test:secret@127.0.0.1:{keeps.port}",
        )
        try:
            yield World(parakeet.start(), mailboxes, keeps, forgets)
        finally:
            stop(parakeet)


def test_the_whole_trip_among_real_servers(world: World, visitor_at: Any) -> None:
    olga = signed_up(world, visitor_at(world.parakeet.url))
    senders = {
        connect(world, olga, KEEPER, world.keeps, "starttls"),
        connect(world, olga, FORGETTER, world.forgets, "ssl"),
    }
    campaign = f"/api/campaign/{olga.ask('POST', '/api/campaign', {'name': 'Autumn'})['id']}"
    upload_list(olga, int(campaign.rpartition("/")[2]))
    write_steps(olga, campaign, senders)
    olga.ask("POST", f"{campaign}/launch")
    olga.ask("POST", f"{campaign}/launch")  # a double click

    until("everybody has a mail", lambda: all(map(world.from_accounts, LEADS)), 120)
    arrived = time.monotonic()
    first = {email: world.from_accounts(email)[0] for email in LEADS}
    by_sender = {s: [e for e in LEADS if s in first[e]["From"]] for s in (KEEPER, FORGETTER)}
    assert all(len(people) >= 3 for people in by_sender.values())
    assert_first_mails(first)

    answering = {people[0]: sender for sender, people in by_sender.items()}
    leaving = [people[1] for people in by_sender.values()]
    silent = [email for people in by_sender.values() for email in people[2:]]
    time.sleep(max(0.0, arrived + A_PERSON_NEEDS - time.monotonic()))
    answers = {email: react(world, first[email], email) for email in answering}
    for email in leaving:
        assert unsubscribe_by_header(first[email]).ok

    expected = dict.fromkeys(answering, "replied") | dict.fromkeys(leaving, "unsubscribed")
    expected[NOBODY] = "bounced"
    until(
        "campaign leads have moved",
        lambda: expected.items() <= states(olga, campaign).items(),
        120,
    )
    for email, sender in answering.items():
        converse(world, olga, email, sender, first[email], answers[email])

    until(
        "the silent ones got a follow-up",
        lambda: all(len(world.from_accounts(e)) > 1 for e in silent),
        240,
    )
    until("the campaign is through", lambda: nobody_waits(olga, campaign), 120)
    for email in silent:
        assert_follow_up(*world.from_accounts(email))
    for email in leaving:
        assert len(world.from_accounts(email)) == 1
    for email in answering:  # the first mail, and the person's own reply
        assert len(world.from_accounts(email)) == 2
    stats = olga.ask("GET", campaign)["stats"]
    wanted = {
        "contacted": 9,  # one of them was refused
        "opened": 2,
        "clicked": 2,
        "replied": 2,
        "bounced": 1,
        "unsubscribed": 2,
    }
    assert {name: stats[name] for name in wanted} == wanted
    assert_nobody_who_left_is_added_again(olga, campaign, leaving)
    assert_every_mail_was_sent_once(world)
    assert_sent_folders_hold_each_mail_once(world)
    copies = {a["email"]: a["sent_copy"] for a in olga.ask("GET", "/api/account")}
    assert copies == {KEEPER: "provider", FORGETTER: "append"}


def signed_up(world: World, olga: Visitor) -> Visitor:
    """Sign up, name the workspace, follow the link of the mail."""
    olga.sign_up(OWNER, "Acme")
    until("the verification mail is there", lambda: world.inbox(OWNER), 120)
    body = world.inbox(OWNER)[0].get_body(("plain",))
    assert body is not None
    found = re.search(r"/auth/verify/\S+", body.get_content())
    assert found
    olga.submit(found.group())
    olga.take_token(OWNER)
    return olga


def connect(world: World, olga: Visitor, email: str, server: Relay, security: str) -> int:
    """Connect a mailbox over TLS and let it send without pauses. Its id."""
    form = {
        "email": email,
        "from_name": email.split("@", maxsplit=1)[0].title(),
        "imap_host": "127.0.0.1",
        "imap_port": world.mailboxes.tls_port,
        "imap_security": "ssl",
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port,
        "smtp_security": security,
        "password": world.mailboxes.password,
    }
    refused = olga.call("POST", "/api/account", json=form | {"password": "guessed"})
    assert refused.status_code == 422
    assert "Authentication failed" in refused.text, refused.text
    account = olga.ask("POST", "/api/account", form)
    assert account["sent_copy"] == "append"  # nobody knows yet what the server does
    quick = {"daily_limit": 100, "ramp_enabled": False, "gap_minutes": 0, "jitter_minutes": 0}
    olga.ask("PUT", f"/api/account/{account['id']}", quick)
    return int(account["id"])


def upload_list(olga: Visitor, campaign_id: int) -> None:
    """A list as a spreadsheet writes it, with a line that is no use."""
    lines = ["E-Mail;Vorname", *(f"{email};{name}" for email, name in LEADS.items())]
    lines += [f"{NOBODY};Nobody", "not an address;Zoë", "ANN@people.test;Ann"]
    content = "\r\n".join(lines).encode("cp1252")
    made = olga.ask(
        "POST",
        "/api/lead/import",
        data={"campaign_id": str(campaign_id)},
        files={"file": ("leads.csv", content, "text/csv")},
    )
    where = f"/api/lead/import/{made['id']}"
    mapping = {**made["dialect"], "column": made["mapping"]["columns"]}
    olga.ask("PUT", f"{where}/mapping", mapping)
    until("the list is checked", lambda: olga.ask("GET", where)["state"] == "checked", 120)
    report = olga.ask("GET", where)["report"]
    assert report == {"new": 9, "invalid": 1, "duplicate": 1}
    olga.ask("POST", f"{where}/commit")
    until("the list is taken in", lambda: olga.ask("GET", where)["state"] == "done", 120)


def write_steps(olga: Visitor, campaign: str, senders: set[int]) -> None:
    """Two steps a minute apart, at any time of the day, from all accounts."""
    body = f'<p>Hi {{{{ first_name }}}}, look at <a href="{TARGET.replace("&", "&amp;")}">this</a>.</p>'
    follow_up = "<p>Did you find a minute for it?</p>"
    steps = [
        {"subject": "{{ first_name }}, one idea", "body_html": body},
        {"subject": "", "body_html": follow_up, "delay_amount": 1, "delay_unit": "minutes"},
    ]
    olga.ask("PUT", f"{campaign}/sequence", {"steps": steps})
    olga.ask("PUT", f"{campaign}/schedule", {"time_zone": "UTC", "always_open": True})
    switches = dict.fromkeys(("track_opens", "track_clicks", "unsubscribe_header"), True)
    settings = {"name": "Autumn", "account_ids": sorted(senders), **switches}
    olga.ask("PUT", f"{campaign}/settings", settings)


def states(olga: Visitor, campaign: str) -> dict[str, str]:
    """Every lead of the campaign with its state."""
    people = olga.ask("GET", f"{campaign}/leads?per_page=100")
    return {person["email"]: person["state"] for person in people}


def nobody_waits(olga: Visitor, campaign: str) -> bool:
    ended = {"replied", "unsubscribed", "bounced", "completed"}
    return set(states(olga, campaign).values()) <= ended


def assert_first_mails(first: dict[str, EmailMessage]) -> None:
    for email, mail in first.items():
        assert mail["Subject"] == f"{LEADS[email]}, one idea"
        assert parseaddr(mail["To"])[1] == email
        assert f"Hi {LEADS[email]}" in html_of(mail)
        assert TARGET not in html_of(mail)
        assert not mail["In-Reply-To"]
        assert mail["List-Unsubscribe"]


def react(world: World, mail: EmailMessage, email: str) -> str:
    """Open the mail, click, and answer. The answer's Message-ID."""
    assert look_at_pictures(mail).headers["Content-Type"] == "image/gif"
    click = follow_link(mail)
    assert (click.status_code, click.headers["Location"]) == (302, TARGET)
    return answer(mail, "Tell me more, please.", by=email, port=world.keeps.port)


def converse(
    world: World, olga: Visitor, email: str, sender: str, mail: EmailMessage, answer_id: str
) -> None:
    """The answer stands in the conversation; read it, write back, look what Dovecot has."""
    found = [t for t in olga.ask("GET", "/api/mailhub/threads") if email in str(t["participants"])]
    assert len(found) == 1
    where = f"/api/mailhub/threads/{found[0]['id']}"
    until(
        "what was answered is shown too", lambda: len(olga.ask("GET", where)["messages"]) == 2, 120
    )
    thread = olga.ask("GET", where)
    assert [m["direction"] for m in thread["messages"]] == ["out", "in"]
    assert thread["messages"][-1]["kind"] == "human"
    assert thread["messages"][-1]["reply_text"].strip() == "Tell me more, please."
    assert thread["campaign_id"]
    assert (thread["is_read"], is_seen(world.mailboxes, sender, answer_id)) == (False, False)
    olga.ask("PUT", f"{where}/read")
    until("Dovecot knows it is read", lambda: is_seen(world.mailboxes, sender, answer_id), 120)
    olga.ask("DELETE", f"{where}/read")
    until("and unread again", lambda: not is_seen(world.mailboxes, sender, answer_id), 120)

    body = {"thread_id": thread["id"], "body": "Gladly. Tomorrow at ten?", "key": "one-answer"}
    olga.ask("POST", "/api/mailhub/messages", body)
    olga.ask("POST", "/api/mailhub/messages", body)
    until("the reply has arrived", lambda: len(world.from_accounts(email)) > 1, 120)
    reply = world.from_accounts(email)[1]
    assert reply["In-Reply-To"] == answer_id
    assert reply["References"].split() == [mail["Message-ID"], answer_id]
    assert reply["Subject"] == f"Re: {mail['Subject']}"
    assert parseaddr(reply["From"])[1] == sender
    until("the reply is shown as sent", lambda: olga.ask("GET", where)["pending"] == [], 120)
    shown = olga.ask("GET", where)["messages"]
    assert [m["direction"] for m in shown] == ["out", "in", "out"]


def assert_follow_up(first: EmailMessage, second: EmailMessage, *more: EmailMessage) -> None:
    assert more == ()
    assert second["Subject"] == f"Re: {first['Subject']}"
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["References"].split() == [first["Message-ID"]]
    assert second["From"] == first["From"]
    assert "Did you find a minute" in html_of(second)


def assert_nobody_who_left_is_added_again(olga: Visitor, campaign: str, left: list[str]) -> None:
    added = olga.ask("POST", f"{campaign}/leads", {"leads": [{"email": email} for email in left]})
    assert (added["suppressed"], added["enrolled"]) == (len(left), 0)


def assert_every_mail_was_sent_once(world: World) -> None:
    ids = [key for key in world.accepted if key[0] in (KEEPER, FORGETTER)]
    assert len(ids) == 8 + 4 + 2
    assert max(Counter(message_id for _, _, message_id in ids).values()) == 1


def assert_sent_folders_hold_each_mail_once(world: World) -> None:
    for sender in (KEEPER, FORGETTER):
        sent = {message_id for who, _, message_id in world.accepted if who == sender}

        def copies(sender: str = sender) -> Counter[str]:
            return Counter(
                str(m["Message-ID"]) for m in read_mails(world.mailboxes, sender, "Sent")
            )

        until(f"{sender} has all copies", lambda: sent <= set(copies()), 120)  # noqa: B023
        assert copies() == Counter(sent)
