"""Whoever of the team reads or quotes a mail of ours does not count as the lead."""

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.signing import sign_ids
from app.mailhub.html import sanitise
from app.mailhub.services.own_marks import unmarked_html, unmarked_text
from app.models import Campaign, EmailAccount, Message, Outbox, TrackedLink
from tests.factories import make_account, make_campaign
from tests.factories.mails import make_message

TARGET = "https://example.com/tour?a=1&b=2"


def tracked(campaign: Campaign) -> str:
    """The address a mail carries for TARGET."""
    link = TrackedLink(campaign_id=campaign.id, url=TARGET, url_hash="x" * 64)
    db.session.add(link)
    db.session.flush()
    return f"http://localhost/t/c/{sign_ids('click', 7, link.id)}"


@pytest.fixture
def stored(in_acme):
    """A reply that quotes a mail of ours, as text and as HTML."""
    url = tracked(make_campaign())
    pixel = f'<img src="http://localhost/t/o/{sign_ids("open", 7)}.gif" width="1" height="1">'
    markup = f'<p>Yes</p><blockquote type="cite">See <a href="{url}">this</a>{pixel}</blockquote>'
    text = f"Yes\n\n> See this ({url})"
    html = sanitise(markup)
    assert "/t/c/" in html
    assert "/t/o/" in html
    return make_message(make_account("sam@sandbox.test"), text=text, body_html=html)


def test_links_lead_straight_to_their_target_and_the_pixel_is_gone(stored):
    shown = unmarked_html(stored.mail.body_html)
    assert f'href="{TARGET.replace("&", "&amp;")}"' in shown
    assert "localhost" not in shown
    assert unmarked_text(stored.mail.body_text) == f"Yes\n\n> See this ({TARGET})"


def test_links_of_others_and_forged_ones_stay_as_they_are(in_acme):
    for url in (
        "http://localhost/t/c/forged-token-forged",
        "https://elsewhere.test/t/c/whatever-token",
        f"http://localhost/t/c/{sign_ids('click', 7, 999_999)}",
    ):
        assert unmarked_text(f"see {url}") == f"see {url}"


def test_every_door_shows_it_so(page, cast, stored):
    """The framed HTML, and the text of a mail that has no HTML."""
    account = db.session.get_one(Message, stored.id).account_id
    plain = make_message(
        db.session.get_one(EmailAccount, account), text=stored.mail.body_text, snippet="Yes"
    )
    alice = page.as_(cast.alice)
    body = alice.client.get(f"/w/acme/mailhub/messages/{stored.id}/body").text
    letters = alice.get(f"/w/acme/mailhub/threads/{plain.thread_id}").find("#letters")
    for shown in (body, str(letters)):
        assert "example.com/tour" in shown
        assert "/t/c/" not in shown
        assert "/t/o/" not in shown


def test_an_answer_quotes_it_so(page, cast, stored):
    form = {"body": "Gladly", "key": "abcdefgh"}
    page.as_(cast.alice).hx_post(f"/w/acme/mailhub/threads/{stored.thread_id}/reply", form)
    row = db.session.scalars(sa.select(Outbox)).one()
    for body in (row.body_html, row.body_text):
        assert "example.com/tour" in body
        assert "localhost/t/" not in body
