"""The mailhub through the JSON door."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.db import db
from app.core.signing import sign_ids
from app.core.tenancy import workspace_context
from app.models import Message, Outbox, Thread, ThreadBox
from tests.factories import make_account
from tests.factories.everything import make_everything


def make_thread(account, number: int = 1) -> Thread:
    """A conversation with one unread mail, in the inbox."""
    at = utcnow() - timedelta(minutes=number)
    thread = Thread(
        account_id=account.id, subject=f"Question {number}", last_at=at, unread_count=1,
        message_count=1, participants=[{"name": "Lea", "email": "lea@example.test"}],
    )  # fmt: skip
    db.session.add(thread)
    db.session.flush()
    for role in ("inbox", "all"):
        db.session.add(
            ThreadBox(
                thread_id=thread.id, role=role, account_id=account.id, last_at=at, is_unread=True
            )
        )
    db.session.add(
        Message(
            account_id=account.id, thread_id=thread.id, provider_key=f"m{number}@example.test",
            message_id=f"m{number}@example.test", direction="in", from_email="lea@example.test",
            from_name="Lea", subject=f"Question {number}", body_text="How much?", at=at,
        )
    )  # fmt: skip
    db.session.flush()
    return thread


@pytest.fixture
def thread_id(cast):
    with workspace_context(cast.acme.id):
        account = make_account()
        for number in range(20, 0, -1):
            thread = make_thread(account, number)
        db.session.commit()
        return thread.id


def test_list_continues_by_cursor(call, cast, thread_id):
    first = call(cast.alice, "GET", "/api/mailhub/threads").get_json()
    assert len(first["data"]) == 15
    assert first["data"][0]["id"] == thread_id
    assert first["meta"]["next_cursor"]
    cursor = first["meta"]["next_cursor"]
    second = call(cast.alice, "GET", f"/api/mailhub/threads?cursor={cursor}").get_json()
    assert len(second["data"]) == 5
    assert not {t["id"] for t in first["data"]} & {t["id"] for t in second["data"]}
    broken = call(cast.alice, "GET", "/api/mailhub/threads?cursor=nonsense")
    assert broken.status_code == 400
    assert isinstance(broken.get_json()["message"], str)


def test_conversation(call, cast, thread_id):
    body = call(cast.vera, "GET", f"/api/mailhub/threads/{thread_id}").get_json()["data"]
    [message] = body["messages"]
    assert message["from"] == {"name": "Lea", "email": "lea@example.test"}
    assert message["text"] == "How much?"
    assert message["at"].endswith("Z")


def test_a_program_that_shows_a_mail_does_not_count_as_its_lead(call, cast, thread_id):
    pixel = f'<img src="http://localhost/t/o/{sign_ids("open", 7)}.gif" width="1" height="1">'
    with workspace_context(cast.acme.id):
        values = {"body_html": f"<p>Yes</p>{pixel}"}
        db.session.execute(sa.update(Message).where(Message.thread_id == thread_id).values(values))
        db.session.commit()
    body = call(cast.vera, "GET", f"/api/mailhub/threads/{thread_id}").get_json()["data"]
    assert body["messages"][0]["html"] == "<p>Yes</p>"


@pytest.mark.parametrize("mark", ["read", "star", "archive"])
def test_marks_and_their_undoing(call, cast, thread_id, mark):
    path = f"/api/mailhub/threads/{thread_id}/{mark}"
    name = {"read": "is_read", "star": "is_starred", "archive": "is_archived"}[mark]
    assert call(cast.bob, "PUT", path).get_json()["data"][name] is True
    assert call(cast.bob, "DELETE", path).get_json()["data"][name] is False
    assert call(cast.vera, "PUT", path).status_code == 403
    assert call(cast.charlie, "PUT", path).status_code == 404


def test_reply_goes_through_the_outbox_once(call, cast, thread_id):
    given = {"thread_id": thread_id, "body": "Ten.", "key": "abcdefgh1234"}
    assert call(cast.bob, "POST", "/api/mailhub/messages", given).status_code == 201
    again = call(cast.bob, "POST", "/api/mailhub/messages", given)
    assert again.status_code == 201, again.text
    with workspace_context(cast.acme.id):
        assert db.session.scalar(sa.select(sa.func.count(Outbox.id))) == 1
    shown = call(cast.bob, "GET", f"/api/mailhub/threads/{thread_id}").get_json()["data"]
    assert len(shown["pending"]) == 1


def test_foreign_threads_cannot_be_answered(call, cast, thread_id):
    given = {"thread_id": thread_id, "body": "Ten."}
    answer = call(cast.charlie, "POST", "/api/mailhub/messages", given)
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {"thread_id": ["The selected thread id is invalid."]}


def test_bulk_touches_only_own_threads(call, cast, thread_id):
    given = {"ids": [thread_id], "verb": "archive"}
    assert call(cast.charlie, "POST", "/api/mailhub/threads/bulk", given).get_json()["data"] == []
    answer = call(cast.bob, "POST", "/api/mailhub/threads/bulk", given)
    assert [t["is_archived"] for t in answer.get_json()["data"]] == [True]


class TestFiles:
    """Files of a mail, by their part."""

    @pytest.fixture
    def path(self, cast):
        with workspace_context(cast.acme.id):
            ids = make_everything(cast.acme.id, owner=cast.alice, guest=cast.bob)
            db.session.commit()
        return f"/api/mailhub/messages/{ids['message_id']}"

    def test_download(self, call, cast, path):
        [file] = call(cast.vera, "GET", path).get_json()["data"]["attachments"]
        answer = call(cast.vera, "GET", f"{path}/attachments/{file['part']}")
        assert answer.status_code == 200
        assert answer.data.strip() == b"Hello"
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="list.txt"')
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize("part", ["1", "9", "x", "2.1"])
    def test_parts_that_are_no_files(self, call, cast, path, part):
        answer = call(cast.vera, "GET", f"{path}/attachments/{part}")
        assert (answer.status_code, answer.get_json()) == (404, {"message": "Not found."})

    def test_outsiders_find_nothing(self, call, cast, path):
        assert call(cast.charlie, "GET", f"{path}/attachments/2").status_code == 404

    def test_a_file_whose_mail_is_gone(self, call, cast, path):
        with workspace_context(cast.acme.id):
            db.session.execute(sa.update(Message).values(raw_blob=None))
            db.session.commit()
        answer = call(cast.vera, "GET", f"{path}/attachments/2")
        assert (answer.status_code, answer.get_json()) == (404, {"message": "Not found."})


def test_counts(call, cast, thread_id):
    assert call(cast.alice, "GET", "/api/mailhub/counts").get_json()["data"] == {"unread": 20}
