"""The public doors: what a recipient, a mail program, a gateway and a forger get."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import events as bus
from app.core.clock import utcnow
from app.core.db import db
from app.core.signing import sign_ids
from app.leads.queries import suppressed_emails
from app.leads.services import allow_again
from app.models import Suppression, TrackedLink, TrackingHit
from app.tracking import answers
from app.tracking.answers import PIXEL
from app.tracking.events import ClickRecorded, OpenRecorded, UnsubscribeRequested
from app.tracking.hits import PER_MINUTE
from app.tracking.jobs import judge_hits
from tests.factories import make_account, make_outbox

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; rv:145.0) Gecko/20100101 Firefox/145.0"}


@pytest.fixture
def mail(in_acme):
    """A campaign mail sent a minute ago."""
    made = make_outbox(
        make_account(),
        kind="campaign",
        state="sent",
        campaign_id=1,
        campaign_lead_id=2,
        lead_id=3,
        to_email="bo@example.com",
        sent_at=utcnow() - timedelta(minutes=1),
    )
    db.session.commit()
    return made


@pytest.fixture
def link(mail):
    answers._targets.clear()
    made = TrackedLink(campaign_id=1, url="https://target.test/?a=1", url_hash="x")
    db.session.add(made)
    db.session.commit()
    return made


@pytest.fixture
def heard():
    told = []
    kinds = (OpenRecorded, ClickRecorded, UnsubscribeRequested)
    for kind in kinds:
        bus.subscribe(kind, told.append)
    yield told
    for kind in kinds:
        bus._handlers[kind].remove(told.append)


def stored():
    db.session.expire_all()
    return list(db.session.scalars(sa.select(TrackingHit).order_by(TrackingHit.id)))


class TestPixel:
    def test_a_true_one_is_noted(self, client, mail):
        answer = client.get(f"/t/o/{sign_ids('open', mail.id)}.gif", headers=FIREFOX)
        assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/gif", PIXEL)
        assert "no-store" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
        [hit] = stored()
        assert (hit.outbox_id, hit.kind, hit.method) == (mail.id, "open", "GET")
        assert hit.workspace_id == mail.workspace_id

    @pytest.mark.parametrize("change", ["", "x", "cut", "other"])
    def test_a_forged_one_gets_the_picture_and_nothing_more(self, client, mail, change):
        token = sign_ids("open", mail.id)
        forged = {"": "", "x": token + "x", "cut": token[:-3], "other": sign_ids("click", 1, 2)}
        answer = client.get(f"/t/o/{forged[change]}.gif")
        assert (answer.status_code, answer.data) == (200, PIXEL)
        assert stored() == []

    def test_mail_that_is_gone(self, client, mail):
        assert client.get(f"/t/o/{sign_ids('open', 999_999)}.gif").status_code == 200
        assert stored() == []

    def test_a_hammered_one_is_stored_so_often_a_minute(self, client, mail, link, freeze):
        now = utcnow().replace(second=1)
        click = f"/t/c/{sign_ids('click', mail.id, link.id)}"
        with freeze(now):
            for _ in range(PER_MINUTE + 5):
                answer = client.get(f"/t/o/{sign_ids('open', mail.id)}.gif", headers=FIREFOX)
                assert answer.data == PIXEL
            assert client.get(click).status_code == 302
        assert len(stored()) == PER_MINUTE
        with freeze(now + timedelta(minutes=1)):
            client.get(click)
        assert len(stored()) == PER_MINUTE + 1


class TestLink:
    def test_redirects_and_is_noted(self, client, mail, link):
        token = sign_ids("click", mail.id, link.id)
        answer = client.get(f"/t/c/{token}", headers=FIREFOX)
        assert (answer.status_code, answer.location) == (302, "https://target.test/?a=1")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert [(hit.kind, hit.link_id) for hit in stored()] == [("click", link.id)]

    def test_head_is_noted_as_head(self, client, mail, link):
        client.head(f"/t/c/{sign_ids('click', mail.id, link.id)}", headers=FIREFOX)
        assert stored()[0].method == "HEAD"

    @pytest.mark.parametrize("token", ["", "abc", "x" * 500, "%00"])
    def test_forged(self, client, mail, link, token):
        assert client.get(f"/t/c/{token}").status_code == 404

    def test_truncated(self, client, mail, link):
        token = sign_ids("click", mail.id, link.id)
        for length in range(len(token)):
            assert client.get(f"/t/c/{token[:length]}").status_code == 404
        assert stored() == []

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "https://[n/a].com"])
    def test_only_web_addresses(self, client, mail, link, url):
        link.url = url
        db.session.commit()
        assert client.get(f"/t/c/{sign_ids('click', mail.id, link.id)}").status_code == 404


class TestUnsubscribe:
    def url(self, mail):
        return f"/u/{sign_ids('unsubscribe', mail.id)}"

    def test_the_page_changes_nothing(self, client, mail, heard):
        answer = client.get(self.url(mail), headers=FIREFOX)
        assert answer.status_code == 200
        assert "bo@example.com" in answer.text
        assert 'method="post"' in answer.text
        assert "Set-Cookie" not in answer.headers
        assert suppressed_emails(["bo@example.com"]) == set()
        assert heard == []

    def test_one_click_without_cookie_or_token(self, client, mail, heard):
        answer = client.post(self.url(mail), data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert suppressed_emails(["bo@example.com"]) == {"bo@example.com"}
        [event] = heard
        assert (event.outbox_id, event.campaign_lead_id) == (mail.id, 2)

    def test_button(self, client, mail):
        answer = client.post(self.url(mail))
        assert "will not be written to again" in answer.text

    def test_twice_is_told_once(self, client, mail, heard):
        for _ in range(2):
            assert client.post(self.url(mail)).status_code == 200
        assert len(heard) == 1

    def test_again_after_the_address_was_allowed_again(self, client, mail, in_acme):
        client.post(self.url(mail))
        allow_again(db.session.scalars(sa.select(Suppression)).one())
        db.session.commit()
        assert suppressed_emails(["bo@example.com"]) == set()
        client.post(self.url(mail))
        assert suppressed_emails(["bo@example.com"]) == {"bo@example.com"}

    def test_from_a_foreign_site_too(self, client, mail):
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"}
        assert client.post(self.url(mail), headers=headers).status_code == 200

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_forged(self, client, mail, method, heard):
        token = sign_ids("open", mail.id)
        assert getattr(client, method)(f"/u/{token}").status_code == 404
        assert heard == []


class TestJudging:
    def test_verdicts_events_and_only_once(self, client, mail, link, heard, freeze):
        open_url = f"/t/o/{sign_ids('open', mail.id)}.gif"
        for agent in (FIREFOX, FIREFOX, {"User-Agent": "curl/8"}):
            client.get(open_url, headers=agent)
        client.get(f"/t/c/{sign_ids('click', mail.id, link.id)}", headers=FIREFOX)
        with freeze(utcnow() + timedelta(seconds=5)):
            judge_hits()
            judge_hits()
        assert [hit.verdict for hit in stored()] == ["human", "human", "bot", "human"]
        assert [(type(event).__name__, event.verdict) for event in heard] == [
            ("OpenRecorded", "human"), ("OpenRecorded", "bot"), ("ClickRecorded", "human"),
        ]  # fmt: skip
        assert heard[0].is_human
        assert heard[0].campaign_lead_id == 2

    def test_a_click_waits_for_its_burst(self, client, mail, link, heard, freeze):
        with freeze(utcnow()):
            client.get(f"/t/c/{sign_ids('click', mail.id, link.id)}", headers=FIREFOX)
            judge_hits()
        assert heard == []
        assert stored()[0].processed_at is None
