from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.core.blobs import put_blob
from app.core.clock import utcnow
from app.core.db import db
from app.core.tenancy import workspace_context
from app.mailhub.incoming import IncomingAttachment
from app.mailhub.queries.threads import SEARCH_CAP
from app.mailhub.services import store_messages
from app.models import Attachment, MailAction, Message, Outbox, Thread
from app.sending.news import announce
from tests.conftest import Cast
from tests.factories import make_account, make_lead
from tests.factories.mails import incoming, make_message
from tests.pages import PageClient

BASE = "/w/acme/mailhub"


@pytest.fixture
def account(in_acme: Cast):
    return make_account("sam@sandbox.test", from_name="Sam")


def test_the_list_shows_conversations_newest_first(page: PageClient, account, cast) -> None:
    old = make_message(account, subject="Older", at=utcnow() - timedelta(hours=2))
    new = make_message(account, subject="Newer")
    answer = page.as_(cast.alice).get(BASE)
    rows = [row["id"] for row in answer.soup.select("#thread-rows .thread-row")]
    assert rows == [f"thread_{new.thread_id}_row", f"thread_{old.thread_id}_row"]
    assert answer.find("#unread-inbox").text.strip() == "2"


def test_an_empty_mailhub_says_what_to_do(page: PageClient, in_acme: Cast) -> None:
    assert "Connect a mailbox" in page.as_(in_acme.alice).get(BASE).text


def test_a_conversation_is_a_page_and_a_fragment(page: PageClient, account, cast) -> None:
    stored = make_message(
        account,
        subject="Hello",
        text="Hi Sam\n\nOn Mon, 2 Nov 2026 at 10:00, Sam <sam@sandbox.test> wrote:\n> old words",
    )
    alice = page.as_(cast.alice)
    whole = alice.get(f"{BASE}/threads/{stored.thread_id}")
    assert whole.find("#reader h2").text.strip() == "Hello"
    assert "old words" in whole.find("#reader details.quoted").text
    assert whole.find(f"#thread_{stored.thread_id}_row")["aria-current"] == "true"
    piece = alice.hx(f"{BASE}/threads/{stored.thread_id}", "reader")
    assert piece.find("#composer")
    assert "data-pane" not in str(piece.soup)


def test_opening_marks_as_read_and_tells_the_provider_later(
    page: PageClient, account, cast, rings
) -> None:
    stored = make_message(account)
    alice = page.as_(cast.alice)
    opened = alice.get(f"{BASE}/threads/{stored.thread_id}")
    assert db.session.get_one(Message, stored.id).is_seen is False, "GET changed something"
    mark = opened.find("#thread-news [hx-post]")["hx-post"]
    assert opened.find(f"#unread-account-{account.id}").text == "1"
    assert opened.find("#badge-mailhub .rail__count").text == "1"
    answer = alice.hx_post(mark)
    assert db.session.get_one(Message, stored.id).is_seen
    for number in ("unread-inbox", f"unread-account-{account.id}", "badge-mailhub"):
        assert answer.find(f"#{number}")["hx-swap-oob"] == "true"
        assert answer.find(f"#{number}").text.strip() == ""
    assert answer.find(f"#thread_{stored.thread_id}_row")["data-state"] == "read"
    assert [a.kind for a in db.session.query(MailAction)] == ["seen"]
    assert "mailhub.drain_actions" in [ring.name for ring in rings]


def test_archive_leaves_the_inbox_and_undo_brings_it_back(page: PageClient, account, cast) -> None:
    stored = make_message(account)
    alice = page.as_(cast.alice)
    answer = alice.hx_post(f"{BASE}/threads/{stored.thread_id}/archive")
    assert answer.find(f"#thread_{stored.thread_id}_row")["hx-swap-oob"] == "delete"
    assert not alice.get(BASE).soup.select(".thread-row")
    assert alice.get(f"{BASE}?box=archive").soup.select(".thread-row")
    alice.post(answer.find(".toast form")["action"])
    assert alice.get(BASE).soup.select(".thread-row")


def test_an_answer_brings_an_archived_conversation_back(page: PageClient, account, cast) -> None:
    first = make_message(account)
    alice = page.as_(cast.alice)
    alice.post(f"{BASE}/threads/{first.thread_id}/archive")
    make_message(account, references=[first.mail.message_id])
    assert alice.get(BASE).soup.select(".thread-row")


def test_bulk_marks_only_what_is_in_the_workspace(page: PageClient, account, cast) -> None:
    mine = make_message(account)
    with workspace_context(cast.other.id):
        theirs = make_message(make_account("x@sandbox.test"))
        db.session.commit()
    page.as_(cast.alice).post(
        f"{BASE}/threads/bulk", {"ids": [mine.thread_id, theirs.thread_id], "verb": "read"}
    )
    assert db.session.get_one(Message, mine.id).is_seen
    with workspace_context(cast.other.id):
        assert db.session.get_one(Message, theirs.id).is_seen is False


def test_reply_is_queued_in_the_thread(page: PageClient, account, cast) -> None:
    lead = make_lead("lea@example.test")
    stored = make_message(
        account, subject="Question", references=["root@sandbox.test"], text="How much?"
    )
    db.session.get_one(Thread, stored.thread_id).lead_id = lead.id
    alice = page.as_(cast.alice)
    opened = alice.get(f"{BASE}/threads/{stored.thread_id}")
    key = opened.find("#composer input[name=key]")["value"]
    data = {"body": "Twenty <b>euros</b>.\n\nSam", "key": key}
    answer = alice.hx_post(f"{BASE}/threads/{stored.thread_id}/reply", data)
    assert "Sending…" in answer.find("#pending").text
    alice.hx_post(f"{BASE}/threads/{stored.thread_id}/reply", data)
    [row] = db.session.query(Outbox)
    assert (row.kind, row.to_email, row.subject) == ("manual", "lea@example.test", "Re: Question")
    assert row.in_reply_to == stored.mail.message_id
    assert row.references == ["root@sandbox.test", stored.mail.message_id]
    assert "> How much?" in row.body_text
    assert "&lt;b&gt;" in row.body_html
    assert (row.thread_id, row.lead_id) == (stored.thread_id, lead.id)


def test_a_reply_goes_to_the_person_not_to_the_mail_server(page, account, cast) -> None:
    first = make_message(account, from_email="lea@example.test", message_id="one@x")
    daemon = {"from_email": "mailer-daemon@x.test", "from_name": "", "kind": "bounce"}
    make_message(account, references=["one@x"], at=utcnow(), **daemon)
    where = f"{BASE}/threads/{first.thread_id}"
    alice = page.as_(cast.alice)
    assert "Lea Lead" in alice.get(where).find("#reply-body")["placeholder"]
    alice.post(f"{where}/reply", {"body": "Hello", "key": "abcdefgh"})
    row = db.session.scalars(sa.select(Outbox)).one()
    assert (row.to_email, row.in_reply_to) == ("lea@example.test", "one@x")


def test_an_empty_reply_is_refused_in_place(page: PageClient, account, cast) -> None:
    stored = make_message(account)
    answer = page.as_(cast.alice).hx_post(
        f"{BASE}/threads/{stored.thread_id}/reply", {"body": " ", "key": "abcdefgh"}, 422
    )
    assert answer.find("#composer [aria-invalid]")


def test_a_reply_is_shown_until_its_news_puts_it_into_the_thread(page, account, cast) -> None:
    stored = make_message(account)
    alice = page.as_(cast.alice)
    where = f"{BASE}/threads/{stored.thread_id}"
    alice.post(f"{where}/reply", {"body": "Hello", "key": "abcdefgh"})
    row = db.session.query(Outbox).one()
    row.state, row.sent_at, row.announce_due = "sent", utcnow(), True
    db.session.commit()
    assert "Hello" in alice.get(where).find("#pending").text
    announce(account.id)
    opened = alice.get(where)
    assert opened.find("#pending").text.strip() == ""
    assert len(opened.soup.select("article.letter")) == 2


def test_a_reply_that_failed_is_shown_in_its_thread(page: PageClient, account, cast) -> None:
    stored = make_message(account)
    alice = page.as_(cast.alice)
    alice.post(f"{BASE}/threads/{stored.thread_id}/reply", {"body": "Hello", "key": "abcdefgh"})
    row = db.session.query(Outbox).one()
    row.state, row.error_text = "failed", "550 No such user"
    db.session.commit()
    text = alice.get(f"{BASE}/threads/{stored.thread_id}").text
    assert "Not sent" in text
    assert "550 No such user" in text


def test_a_broken_account_cannot_reply(page: PageClient, account, cast) -> None:
    stored = make_message(account)
    account.status = "reconnect_required"
    answer = page.as_(cast.alice).post(
        f"{BASE}/threads/{stored.thread_id}/reply", {"body": "Hello", "key": "abcdefgh"}, 409
    )
    assert "Reconnect it" in answer.text


def test_the_list_poll_brings_only_what_is_new(page: PageClient, account, cast) -> None:
    first = make_message(account, at=utcnow() - timedelta(hours=1))
    alice = page.as_(cast.alice)
    poll = alice.get(BASE).find("#list-news")["hx-get"]
    alice.hx(poll, "list-news", 204)
    second = make_message(account)
    answer = alice.hx(poll, "list-news")
    piece = answer.find(f"[hx-swap-oob='beforebegin:#thread_{first.thread_id}_row']")
    assert piece.select_one(".thread-row")["id"] == f"thread_{second.thread_id}_row"
    alice.hx(answer.find("#list-news")["hx-get"], "list-news", 204)


def test_the_list_poll_takes_away_what_left_the_box(page: PageClient, account, cast) -> None:
    stored = make_message(account)
    alice = page.as_(cast.alice)
    poll = alice.get(BASE).find("#list-news")["hx-get"]
    page.as_(cast.bob).post(f"{BASE}/threads/{stored.thread_id}/archive")
    answer = alice.hx(poll, "list-news")
    assert answer.find(f"#thread_{stored.thread_id}_row")["hx-swap-oob"] == "delete"


def test_an_open_conversation_gets_new_messages(page: PageClient, account, cast) -> None:
    first = make_message(account)
    alice = page.as_(cast.alice)
    poll = alice.get(f"{BASE}/threads/{first.thread_id}").find("#thread-news")["hx-get"]
    alice.hx(poll, "thread-news", 204)
    make_message(account, references=[first.mail.message_id], text="One more thing")
    answer = alice.hx(poll, "thread-news")
    letters = answer.find("[hx-swap-oob='beforeend:#letters']").select(".letter")
    assert ["One more thing" in letter.text for letter in letters] == [True]


def test_filters_and_search(page: PageClient, account, cast) -> None:
    other = make_account("two@sandbox.test")
    make_message(account, subject="Alpha", text="about giraffes")
    make_message(other, subject="Beta", text="about zebras")
    alice = page.as_(cast.alice)

    def found(query: str) -> list[str]:
        return [e.text for e in alice.get(f"{BASE}?{query}").soup.select(".thread-row__subject")]

    assert found(f"account={other.id}") == ["Beta"]
    assert found("q=giraffes") == ["Alpha"]
    assert found("q=lea@example") == ["Beta", "Alpha"]
    assert found("q=nothing") == []
    assert found("box=nonsense&account=x&unread=maybe") == ["Beta", "Alpha"]


def test_load_more_goes_on_where_the_page_ended(page: PageClient, account, cast) -> None:
    start = datetime.now(UTC) - timedelta(days=3)
    for number in range(53):
        make_message(account, at=start + timedelta(minutes=number), subject=f"Mail {number}")
    alice = page.as_(cast.alice)
    first = alice.get(BASE)
    assert len(first.soup.select(".thread-row")) == 50
    rest = alice.hx(first.find("#threads-more")["hx-get"], "threads-more")
    assert [e.text for e in rest.soup.select(".thread-row__subject")] == [
        "Mail 2",
        "Mail 1",
        "Mail 0",
    ]
    assert rest.soup.select_one("#threads-more") is None


@pytest.mark.parametrize(
    "path",
    [
        "threads/{t}",
        "threads/{t}/news",
        "messages/{m}/body",
        "messages/{m}/raw",
        "messages/{m}/attachments/1",
    ],
)
def test_mail_of_another_workspace_does_not_exist(
    page: PageClient, in_acme: Cast, path: str
) -> None:
    with workspace_context(in_acme.other.id):
        theirs = make_message(make_account("x@sandbox.test"))
        db.session.commit()
    page.as_(in_acme.alice).get(f"{BASE}/{path.format(t=theirs.thread_id, m=theirs.id)}", 404)
    page.as_(in_acme.charlie).get(f"{BASE}/{path.format(t=theirs.thread_id, m=theirs.id)}", 404)


def test_a_viewer_reads_but_changes_nothing(page: PageClient, account, cast) -> None:
    stored = make_message(account)
    vera = page.as_(cast.vera)
    opened = vera.get(f"{BASE}/threads/{stored.thread_id}")
    assert not opened.soup.select("#reader form")
    assert not opened.soup.select("[hx-post]")
    for path in ("archive", "read", "seen", "reply"):
        vera.post(
            f"{BASE}/threads/{stored.thread_id}/{path}", {"body": "x", "key": "abcdefgh"}, 403
        )
    vera.post(f"{BASE}/threads/bulk", {"ids": [stored.thread_id], "verb": "read"}, 403)


def test_names_and_subjects_are_escaped(page: PageClient, account, cast) -> None:
    evil = "<img src=x onerror=alert(1)>"
    stored = make_message(
        account, subject=evil, from_name=evil, text=evil + ' https://e.test/"onclick=x'
    )
    answer = page.as_(cast.alice).get(f"{BASE}/threads/{stored.thread_id}")
    assert not answer.soup.select("img")
    assert answer.find(".letter__body a")["href"] == "https://e.test/"


def test_machines_are_told_apart_and_what_they_said_is_shown(
    page: PageClient, account, cast
) -> None:
    facts = {
        "recipients": [
            {
                "recipient": "lea@example.test",
                "severity": "hard",
                "diagnostic": "550 No such user",
                "status": "5.1.1",
            }
        ]
    }
    bounce = make_message(account, kind="bounce", facts=facts)
    away = make_message(account, kind="out_of_office", facts={"return_on": "2026-12-04"})
    alice = page.as_(cast.alice)
    shown = alice.get(f"{BASE}/threads/{bounce.thread_id}").find("#letters").text
    assert "550 No such user" in shown
    assert "Back on 4 December 2026" in alice.get(f"{BASE}/threads/{away.thread_id}").text
    badges = {badge.text for badge in alice.get(BASE).soup.select(".thread-row .badge")}
    assert badges == {"Bounced", "Out of office"}


def test_a_mail_that_could_not_be_read_is_shown_as_such(page: PageClient, account, cast) -> None:
    blob = put_blob(b"Subject: huge\r\n\r\nraw words")
    stored = make_message(
        account,
        state="broken",
        text="",
        facts={"problem": "it has more than 500 parts"},
        raw_blob=blob,
    )
    alice = page.as_(cast.alice)
    shown = alice.get(f"{BASE}/threads/{stored.thread_id}")
    assert "kept as it came. It has more than 500 parts." in shown.text
    raw = alice.get(f"{BASE}/messages/{stored.id}/raw")
    assert raw.response.data.endswith(b"raw words")
    assert raw.response.headers["Content-Disposition"].startswith("attachment")


def test_files_are_downloads_and_only_pictures_may_be_looked_at(
    page: PageClient, account, cast
) -> None:
    raw = (Path(__file__).parent.parent / "eml" / "related_and_attachment.eml").read_bytes()
    files = [
        IncomingAttachment("1.2", "logo.png", "image/png", 70, "logo@x", True),
        IncomingAttachment("2", "evil.html", "text/html", 8, "", False),
    ]
    stored = make_message(
        account, raw_blob=put_blob(raw), attachments=files, body_html='<img src="cid:logo@x">'
    )
    alice = page.as_(cast.alice)
    link = alice.get(f"{BASE}/threads/{stored.thread_id}").find(".files a")
    answer = alice.get(link["href"] + "?view=1").response
    assert answer.data == b"%PDF-1.4"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    picture = db.session.query(Attachment).filter_by(part="1.2").one()
    shown = alice.client.get(f"{BASE}/messages/{stored.id}/attachments/{picture.id}?view=1")
    assert shown.headers["Content-Type"] == "image/png"
    body = alice.client.get(f"{BASE}/messages/{stored.id}/body")
    assert "data:image/png;base64," in body.text
    assert "default-src 'none'" in body.headers["Content-Security-Policy"]
    assert "sandbox" in body.headers["Content-Security-Policy"]


def test_a_word_that_is_everywhere_still_finds_the_newest_first(
    page: PageClient, account, cast
) -> None:
    """Beyond the cap of the index the list itself is walked."""
    start = utcnow() - timedelta(days=2)
    store_messages(
        account.id,
        [
            incoming(
                text="common words",
                message_id=f"c{n}@x",
                references=["c0@x"],
                at=start + timedelta(seconds=n),
            )
            for n in range(SEARCH_CAP)
        ],
    )
    newest = make_message(account, subject="The newest", text="common words too")
    make_message(account, subject="Something else", text="rare")
    rows = page.as_(cast.alice).get(f"{BASE}?q=common").soup.select(".thread-row")
    assert rows[0]["id"] == f"thread_{newest.thread_id}_row"
    assert len(rows) == 2
