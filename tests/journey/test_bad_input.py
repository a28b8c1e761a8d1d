"""What people and servers do wrong, through real processes: clicks at once, files that are huge or
no lists at all, a mail server that never answers, pages asked for again after a piece of them.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from imapclient import IMAPClient

from app.sandbox.passwords import sandbox_password
from tests.journey.conftest import install, stop
from tests.journey.people import Visitor, read_mails
from tests.servers.installation import Installation, until
from tests.servers.redis_server import redis_server
from tests.servers.smtp import SmtpSink, smtp_sink

OWNER = "olga@acme.test"
SLOW = "slow@acme.sandbox.test"
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class World:
    """An installation, somebody who works with it, and a mail server that can be made to hang."""

    parakeet: Installation
    visitor: Visitor
    sink: SmtpSink

    def password(self, address: str) -> str:
        return sandbox_password(self.parakeet.environ()["SANDBOX_KEY"], address)

    def client(self, address: str) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self.parakeet.imap_port, ssl=False)
        client.login(address, self.password(address))
        return client

    def senders(self) -> list[dict[str, Any]]:
        """The two sandbox accounts."""
        accounts = self.visitor.ask("GET", "/api/account")
        return [account for account in accounts if account["is_sandbox"]]

    def sent(self, subject: str) -> Counter[str]:
        """How often each lead of a campaign was written to from the sandbox accounts."""
        mails = [m for s in self.senders() for m in read_mails(self, s["email"], "Sent")]
        return Counter(str(mail["To"]) for mail in mails if mail["Subject"] == subject)

    def campaign(self, name: str, accounts: list[int], leads: int) -> str:
        """A campaign of one mail that can be launched; its leads never react."""
        ask = self.visitor.ask
        where = f"/api/campaign/{ask('POST', '/api/campaign', {'name': name})['id']}"
        people = [{"email": f"{name}{n}+silent@{name}.sandbox.test"} for n in range(leads)]
        ask("POST", f"{where}/leads", {"leads": people})
        ask(
            "PUT", f"{where}/sequence", {"steps": [{"subject": name, "body_html": "<p>Hello.</p>"}]}
        )
        ask("PUT", f"{where}/schedule", {"time_zone": "UTC", "always_open": True})
        ask("PUT", f"{where}/settings", {"name": name, "account_ids": accounts})
        return where


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("bad-input")
    with redis_server(directory) as redis, smtp_sink() as sink:
        parakeet = install(directory, redis, SOCKET_TIMEOUT="3")
        ports = (parakeet.smtp_port, parakeet.imap_port, sink.port)
        parakeet.extra["EGRESS_ALLOW"] = ",".join(f"127.0.0.1:{port}" for port in ports)
        visitor = Visitor(parakeet.url)
        try:
            parakeet.start()
            visitor.sign_up(OWNER, "Acme")
            visitor.submit("/w/acme/sandbox/accounts", "/accounts")
            visitor.take_token(OWNER)
            found = World(parakeet, visitor, sink)
            for sender in found.senders():
                pace = {"daily_limit": 2000, "gap_minutes": 0, "jitter_minutes": 0}
                path = f"/api/account/{sender['id']}"
                visitor.ask("PUT", path, {**pace, "sent_copy": "provider"})
            yield found
        finally:
            visitor.close()
            stop(parakeet)


def test_launch_clicked_ten_times_at_once(world: World) -> None:
    leads = 12
    where = world.campaign("clicked", [s["id"] for s in world.senders()], leads)

    def click(_number: int) -> int:
        colleague = Visitor(world.parakeet.url)
        colleague.json.headers.update(world.visitor.json.headers)
        try:
            return colleague.call("POST", f"{where}/launch").status_code
        finally:
            colleague.close()

    with ThreadPoolExecutor(10) as hands:
        assert set(hands.map(click, range(10))) == {200}
    until("everybody has a mail", lambda: len(world.sent("clicked")) == leads, 180)
    until("and is done", lambda: world.visitor.ask("GET", where)["status"] == "completed", 120)
    assert set(world.sent("clicked").values()) == {1}
    assert world.visitor.ask("GET", where)["stats"]["sent"] == leads


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"Email;Name\r\n", "no rows below"),
        (b"PK\x03\x04\x14\x00\x06\x00", "Excel workbook"),
        (Random(7).randbytes(20_000), "not text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "picture"),
        (b'Email,Note\nann@a.test,"' + b"x" * 40_000, "quotation mark"),
        (b"Email" + b"," * 300 + b"\nann@a.test\n", "columns"),
    ],
    ids=["empty", "header", "workbook", "noise", "picture", "quote", "columns"],
)
def test_what_is_no_list_is_refused_with_a_sentence(
    world: World, content: bytes, said: str
) -> None:
    answer = _upload(world.visitor, content)
    assert answer.status_code == 422
    assert said in answer.json()["errors"]["file"][0]


def _upload(visitor: Visitor, content: bytes) -> Any:
    files = {"file": ("leads.csv", content, "text/csv")}
    return visitor.call("POST", "/api/lead/import", files=files)


def test_fifty_megabytes_pass_through_and_are_checked(world: World) -> None:
    filler = "x" * 2_400
    rows = [f"person{number}@huge.test;{filler}" for number in range(21_000)]
    content = "\n".join(["Email;Note", *rows, "person0@huge.test;again"]).encode()
    assert len(content) > 50_000_000
    before = _web_memory(world.parakeet)
    answer = _upload(world.visitor, content)
    assert answer.status_code == 201, answer.text[:2_000]
    # Far less than the file: it is written through to disk in pieces.
    assert _web_memory(world.parakeet) - before < 30_000_000
    made = answer.json()["data"]
    where = f"/api/lead/import/{made['id']}"
    mapping = {**made["dialect"], "column": made["mapping"]["columns"]}
    world.visitor.ask("PUT", f"{where}/mapping", mapping)
    until("it is checked", lambda: world.visitor.ask("GET", where)["state"] == "checked", 300)
    assert world.visitor.ask("GET", where)["report"] == {"new": 21_000, "duplicate": 1}


def _web_memory(parakeet: Installation) -> int:
    """Resident bytes of gunicorn and its workers."""
    main = parakeet.processes["web"].pid
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if main in (parent, int(folder.name)):
                total += int((folder / "statm").read_text().split()[1]) * PAGE_SIZE
        except OSError:  # it has just ended
            continue
    return total


def test_a_mail_server_that_never_answers_holds_up_nobody_else(world: World) -> None:
    world.sink.users = {SLOW: world.password(SLOW)}
    form = {
        "email": SLOW,
        "imap_host": "127.0.0.1",
        "imap_port": world.parakeet.imap_port,
        "imap_security": "none",
        "smtp_host": "127.0.0.1",
        "smtp_port": world.sink.port,
        "smtp_security": "none",
        "password": world.password(SLOW),
    }
    slow = world.visitor.ask("POST", "/api/account", form)
    world.sink.script["mail"] = "hang"
    stuck = world.campaign("stuck", [slow["id"]], 3)
    _verify(world)
    world.visitor.ask("POST", f"{stuck}/launch")
    until("the server is being asked", lambda: world.sink.commands, 120)
    quick = world.campaign("quick", [s["id"] for s in world.senders()], 6)
    world.visitor.ask("POST", f"{quick}/launch")
    until("the others send", lambda: len(world.sent("quick")) == 6, 180)
    until("and are done", lambda: world.visitor.ask("GET", quick)["status"] == "completed", 120)
    assert world.visitor.ask("GET", stuck)["stats"]["sent"] == 0
    assert world.sink.deliveries == []
    states = {lead["state"] for lead in world.visitor.ask("GET", f"{stuck}/leads")}
    assert states <= {"queued", "waiting"}  # nobody is lost: they go when the server answers
    assert world.visitor.ask("GET", f"/api/account/{slow['id']}")["status"] == "connected"


def _verify(world: World) -> None:
    """Follow the link of the verification mail, which the simulated world has taken."""

    def links() -> list[str]:
        page = world.visitor.get("/sandbox/mail")
        assert page.ok, page.text[:500]
        return re.findall(r"/auth/verify/[^\s&\"<]+", page.text)

    until("the mail is there", links, 120)
    world.visitor.submit(links()[0])


def test_a_page_asked_for_again_after_a_piece_of_it_is_whole(world: World) -> None:
    """The back button: the browser asks for the address of a fragment once more."""
    piece = {"HX-Request": "true", "HX-Target": "campaigns"}
    for extra, is_whole in (
        (piece, False),
        ({}, True),
        ({**piece, "HX-History-Restore-Request": "true"}, True),
        ({**piece, "HX-Boosted": "true"}, True),
    ):
        answer = world.visitor.get("/w/acme/campaigns?q=clicked", headers=extra)
        assert answer.ok
        assert ("<!doctype html>" in answer.text) is is_whole, extra
        vary = {name.strip() for name in answer.headers["Vary"].split(",")}
        assert {"HX-Request", "HX-Target"} <= vary  # no cache mistakes one for the other
