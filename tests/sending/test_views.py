"""The Outbox page: what is held is shown with its reason, and a person decides."""

import pytest

from app.core.db import db
from app.core.tenancy import workspace_context
from app.models import Outbox
from tests.factories import make_account, make_outbox


@pytest.fixture
def held(cast):
    with workspace_context(cast.acme.id):
        made = make_outbox(
            make_account(email="sam@acme.test"),
            state="held",
            to_email="bo@example.com",
            error_family="no_evidence",
            error_text="The connection broke.",
        )
        number = made.id
        db.session.commit()
    return number


def state_of(cast, number):
    with workspace_context(cast.acme.id):
        return db.session.get(Outbox, number).state


def test_held_mail_is_shown_with_its_reason(page, cast, held):
    answer = page.as_(cast.alice).get("/w/acme/outbox")
    assert "bo@example.com" in answer.text
    assert "Nobody can tell whether it was sent." in answer.text
    shown = page.as_(cast.alice).get(f"/w/acme/outbox/{held}")
    assert "The connection broke." in shown.text


def test_send_again(page, cast, held, rings):
    page.as_(cast.bob).post(f"/w/acme/outbox/{held}/resend", status=303)
    assert state_of(cast, held) == "queued"
    assert [ring.name for ring in rings] == ["sending.drain"]


def test_second_click_is_told(page, cast, held):
    for status in (303, 409):
        page.as_(cast.alice).post(f"/w/acme/outbox/{held}/resend", status=status)


def test_discard(page, cast, held):
    page.as_(cast.alice).post(f"/w/acme/outbox/{held}/discard")
    assert state_of(cast, held) == "failed"


def test_viewer_may_look_only(page, cast, held):
    assert "Send again" not in page.as_(cast.vera).get("/w/acme/outbox").text
    page.as_(cast.vera).post(f"/w/acme/outbox/{held}/resend", status=403)


def test_outsider(page, cast, held):
    charlie = page.as_(cast.charlie)
    charlie.get("/w/acme/outbox", 404)
    charlie.get(f"/w/other/outbox/{held}", 404)
    charlie.post(f"/w/other/outbox/{held}/resend", status=404)


def test_empty(page, cast):
    assert "No mail is held" in page.as_(cast.alice).get("/w/acme/outbox").text
