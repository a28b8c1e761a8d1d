"""Pixels and links are answered before Flask, and as completely as behind it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from app.core.clock import utcnow
from app.core.db import db
from app.core.settings import settings
from app.core.signing import sign_ids
from app.core.tenancy import workspace_context
from app.models import TrackedLink, TrackingHit
from app.tracking import answers, hits
from app.tracking.answers import PIXEL
from tests.factories import make_account, make_outbox

THREADS = 24


@pytest.fixture
def mail(in_acme):
    made = make_outbox(make_account(), kind="campaign", state="sent", sent_at=utcnow())
    db.session.commit()
    return made


def make_link(url="https://target.test/"):
    answers._targets.clear()
    made = TrackedLink(campaign_id=1, url=url, url_hash=url)
    db.session.add(made)
    db.session.commit()
    return made


def pixel_url(mail):
    return f"/t/o/{sign_ids('open', mail.id)}.gif"


def link_url(mail, link):
    return f"/t/c/{sign_ids('click', mail.id, link.id)}"


def is_before_flask(answer):
    """Flask's hooks give every answer an id."""
    return "X-Request-Id" not in answer.headers


def kinds():
    db.session.expire_all()
    return list(db.session.scalars(sa.select(TrackingHit.kind).order_by(TrackingHit.id)))


def test_a_pixel(client, mail):
    answer = client.get(pixel_url(mail))
    assert is_before_flask(answer)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/gif", PIXEL)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert kinds() == ["open"]


def test_a_link_is_learnt_at_the_first_click(client, mail):
    url = link_url(mail, make_link())
    first, second = client.get(url), client.get(url)
    assert not is_before_flask(first)
    assert is_before_flask(second)
    for answer in (first, second):
        assert (answer.status_code, answer.location) == (302, "https://target.test/")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer.headers["Cache-Control"]
    assert kinds() == ["click", "click"]


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://tärget.test/ä?q=ü", "https://xn--trget-gra.test/%C3%A4?q=%C3%BC"),
        ("https://a.test/\r\nSet-Cookie: x=1", "https://a.test/Set-Cookie:%20x=1"),
    ],
)
def test_targets_are_fit_for_a_header(client, mail, url, location):
    address = link_url(mail, make_link(url))
    assert [client.get(address).location for _ in range(2)] == [location, location]
    assert "Set-Cookie" not in client.get(address).headers


def test_head_has_no_body_and_is_noted_as_head(client, mail):
    answer = client.head(pixel_url(mail))
    assert (answer.status_code, answer.data) == (200, b"")
    assert db.session.scalar(sa.select(TrackingHit.method)) == "HEAD"


def test_other_methods_and_addresses_are_left_to_flask(client, mail):
    assert client.post(pixel_url(mail)).status_code == 405
    assert client.get("/t/o/a/b.gif").data == PIXEL
    assert kinds() == []


def test_https_installations_say_so(client, mail):
    before, settings.public_url = settings.public_url, "https://parakeet.example"
    try:
        headers = client.get(pixel_url(mail)).headers
    finally:
        settings.public_url = before
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in client.get(pixel_url(mail)).headers


def test_they_stand_in_the_metrics(client, mail):
    def counted():
        labels = {"endpoint": "tracking.show_pixel", "status": "200"}
        return REGISTRY.get_sample_value("parakeet_requests_total", labels) or 0

    before = counted()
    client.get(pixel_url(mail))
    assert counted() == before + 1


@pytest.fixture
def sent(app, cast):
    """Committed mails with a link each; their addresses, and how many hits of a kind are stored."""
    acme_id = cast.acme.id
    db.session.commit()

    def count(kind):
        rows = sa.select(sa.func.count()).where(TrackingHit.kind == kind)
        with workspace_context(acme_id):
            return db.session.scalar(rows)

    with workspace_context(acme_id):
        account = make_account()
        mails = [make_outbox(account, kind="campaign", sent_at=utcnow()) for _ in range(THREADS)]
        links = [make_link(f"https://target.test/{n}") for n in range(THREADS)]
        db.session.commit()
        clicks, opens = list(map(link_url, mails, links)), list(map(pixel_url, mails))
    db.session.remove()
    yield clicks, opens, count
    hits._writer.kept.close()


@pytest.mark.committed
def test_many_at_once_are_all_stored_before_their_answers(app, sent):
    clicks, opens, count = sent
    with ThreadPoolExecutor(THREADS) as pool:
        codes = list(pool.map(lambda url: app.test_client().get(url).status_code, clicks + opens))
    assert codes == [302] * THREADS + [200] * THREADS
    assert (count("click"), count("open")) == (THREADS, THREADS)


@pytest.mark.committed
def test_a_first_click_holds_no_connection_while_it_waits_for_the_writer(client, sent):
    [url, *_], _, count = sent
    pool = db.engine.pool
    most = pool.size() + pool._max_overflow
    with ExitStack() as taken:
        for _ in range(most - 1):
            taken.enter_context(db.engine.connect())
        assert client.get(url).status_code == 302
    assert count("click") == 1
