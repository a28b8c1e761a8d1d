"""The simulated people, over real SMTP, IMAP and HTTP: each tag does what it says, also after a crash."""

import email.utils
import smtplib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.sandbox.world.browsing import BROWSERS, MAIL_PROGRAMS
from app.sync.classify.return_date import return_date
from tests.sandbox.world import World, wait_until

MIA = "mia@acme.sandbox.test"


class Site(ThreadingHTTPServer):
    """A small site that writes down who asked for what; `down` answers 503 that often first.

    Pictures take `slow` seconds.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.seen: list[tuple[str, str, str, str]] = []
        self.down = 0
        self.slow = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def paths(self) -> list[str]:
        return [path for _method, path, _agent, _body in self.seen]


class _Page(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        if self.path.startswith("/o/"):
            time.sleep(self.server.slow)
        self._note("")
        if self.path.startswith("/c/"):
            self.send_response(302)
            self.send_header("Location", f"{self.server.url}/landing")
        else:
            self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.server.down:
            self.server.down -= 1
            self.send_response(503)
        else:
            self._note(body)
            self.send_response(200)
        self.end_headers()

    def _note(self, body: str) -> None:
        self.server.seen.append((self.command, self.path, self.headers["User-Agent"], body))

    def log_message(self, *_args: object) -> None:
        return


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield site
        site.shutdown()


@pytest.fixture
def world(tmp_path: Path, site: Site) -> Iterator[World]:
    world = World(tmp_path, {"SANDBOX_SPEED": "100", "PUBLIC_URL": site.url}).start()
    yield world
    if world.process is not None:
        world.end()


def tracked(site: Site) -> dict[str, str]:
    """The parts of a tracked mail: pixel, links, one-click unsubscribe."""
    return {
        "html": f'<p>Hi</p><a style="display:none" href="{site.url}/c/trap">trap</a>'
        f'<a href="{site.url}/c/1">our page</a><a href="{site.url}/u/1">Unsubscribe</a>'
        f'<img src="{site.url}/o/1.gif"><img src="http://127.0.0.1:1/elsewhere.gif">',
        "List_Unsubscribe": f"<mailto:stop@acme.sandbox.test>, <{site.url}/u/1>",
        "List_Unsubscribe_Post": "List-Unsubscribe=One-Click",
    }


def test_an_answer_threads_and_quotes(world: World) -> None:
    began = time.time()
    message_id = world.send(
        MIA, "anna.schmidt+reply@north.sandbox.test", "Hello", References="<0@a>"
    )
    (answer,) = world.wait_for(MIA)
    assert answer["In-Reply-To"] == message_id
    assert answer["References"].split() == ["<0@a>", message_id]
    assert answer["Subject"] == "Re: Hello"
    assert str(answer["From"]) == "Anna Schmidt <anna.schmidt+reply@north.sandbox.test>"
    assert not answer["Auto-Submitted"]
    plain = answer.get_body(("plain",))
    page = answer.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert "shall we talk?" in plain.get_content()
    assert "Mia" in plain.get_content()
    assert "shall we talk?" in page.get_content()
    written = email.utils.parsedate_to_datetime(answer["Date"]).timestamp()
    assert int(began) <= written <= time.time()


def test_a_follow_up_is_not_answered_again_and_a_personal_answer_is_thanked_for_once(
    world: World,
) -> None:
    anna = "anna+reply@north.sandbox.test"
    first = world.send(MIA, anna, "Hello")
    answer = world.wait_for(MIA)[0]
    world.send(MIA, anna, "Re: Hello", In_Reply_To=first, References=first)
    chain = f"{first} {answer['Message-ID']}"
    mine = world.send(
        MIA, anna, "Re: Hello", In_Reply_To=str(answer["Message-ID"]), References=chain
    )
    thanks = world.wait_for(MIA, 2)[1]
    assert thanks["In-Reply-To"] == mine
    world.send(
        MIA, anna, "Re: Hello", In_Reply_To=str(thanks["Message-ID"]), References=f"{chain} {mine}"
    )
    other = world.send(MIA, anna, "Another matter")
    assert world.wait_for(MIA, 3)[2]["In-Reply-To"] == other
    assert len(world.mails(MIA)) == 3


def test_two_mails_before_the_answer_are_answered_once(world: World) -> None:
    anna = "anna+reply@north.sandbox.test"
    first = world.send(MIA, anna, "Hello")
    world.send(MIA, anna, "Re: Hello", In_Reply_To=first, References=first)
    world.wait_for(MIA)
    other = world.send(MIA, anna, "Another matter")
    assert world.wait_for(MIA, 2)[1]["In-Reply-To"] == other
    assert len(world.mails(MIA)) == 2


def test_opens_come_from_a_mail_program_and_clicks_follow_the_redirect(
    world: World, site: Site
) -> None:
    world.send(MIA, "anna+click@north.sandbox.test", **tracked(site))
    wait_until(lambda: "/landing" in site.paths())
    assert site.paths() == ["/o/1.gif", "/c/1", "/landing"]
    assert site.seen[0][2] in MAIL_PROGRAMS
    assert site.seen[1][2] in BROWSERS


def test_a_click_never_overtakes_the_open_before_it(world: World, site: Site) -> None:
    site.slow = 1.0  # at this speed the click is due long before
    world.send(MIA, "anna+click@north.sandbox.test", **tracked(site))
    wait_until(lambda: "/landing" in site.paths() and "/o/1.gif" in site.paths())
    assert site.paths() == ["/o/1.gif", "/c/1", "/landing"]


def test_one_click_unsubscribe_is_tried_again_until_the_app_answers(
    world: World, site: Site
) -> None:
    site.down = 1
    world.send(MIA, "anna+unsub@north.sandbox.test", **tracked(site))
    wait_until(lambda: "/u/1" in site.paths())
    assert site.paths() == ["/o/1.gif", "/u/1"]
    assert site.seen[1][0] == "POST"
    assert site.seen[1][3] == "List-Unsubscribe=One-Click"


def test_an_absence_note_says_so_and_names_a_day(world: World) -> None:
    message_id = world.send(MIA, "anna+ooo@north.sandbox.test", "Hello")
    (note,) = world.wait_for(MIA)
    assert note["Auto-Submitted"] == "auto-replied"
    assert note["In-Reply-To"] == message_id
    back = return_date(note.get_content(), today=datetime.now(UTC).date())
    assert back is not None


def test_a_refused_address_is_refused_at_rcpt(world: World) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        world.send(MIA, "anna+bounce@north.sandbox.test")
    ((code, text),) = refusal.value.recipients.values()
    assert code == 550
    assert text.startswith(b"5.1.1")


def test_a_late_bounce_is_a_delivery_report(world: World) -> None:
    message_id = world.send(MIA, "anna+dsn@north.sandbox.test")
    (report,) = world.wait_for(MIA)
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert "mailer-daemon@" in str(report["From"])
    _words, status, returned = report.iter_parts()
    fields = status.get_payload()[1]
    assert fields["Action"] == "failed"
    assert fields["Status"] == "5.1.1"
    assert fields["Final-Recipient"] == "rfc822; anna+dsn@north.sandbox.test"
    assert message_id in returned.get_content()


def test_spam_moves_the_mail_to_junk(world: World, site: Site) -> None:
    anna = "anna+spam@north.sandbox.test"
    world.send(MIA, anna, **tracked(site))
    assert len(world.wait_for(anna, folder="Junk")) == 1
    assert world.mails(anna) == []


def test_who_never_reacts_does_nothing(world: World, site: Site) -> None:
    world.send(MIA, "anna+silent@north.sandbox.test", **tracked(site))
    world.send(MIA, "ben+reply@north.sandbox.test")
    world.wait_for(MIA)
    assert site.seen == []


def test_plans_survive_kill_9_and_are_not_done_twice(world: World) -> None:
    world.end()
    world.environ["SANDBOX_SPEED"] = "25"
    world.start()
    world.send(MIA, "anna+reply@north.sandbox.test")
    world.kill()
    world.start()
    assert len(world.wait_for(MIA)) == 1
    world.kill()
    world.start()
    world.send(MIA, "ben+ooo@north.sandbox.test")
    assert len(world.wait_for(MIA, 2)) == 2


def test_ten_fresh_leads_bring_an_answer(world: World, site: Site) -> None:
    for number in range(10):
        world.send(MIA, f"person.{number}@north.sandbox.test", **tracked(site))
    answers = world.wait_for(MIA)
    assert answers[0]["From"].addresses[0].display_name == "Anna Schmidt"
    wait_until(lambda: site.paths().count("/o/1.gif") >= 4)
