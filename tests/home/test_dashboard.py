"""What the dashboard shows, and to whom."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.clock import utcnow
from app.core.db import db
from app.home import policies, queries
from app.models import Campaign, Thread, ThreadBox
from tests.factories import make_account, make_outbox, make_workspace


def make_thread(account, *, role="inbox", **over):
    """A conversation whose last word is theirs."""
    now = utcnow()
    values = {"subject": "Re: hello", "kind": "human", "last_at": now, "last_in_at": now}
    thread = Thread(account_id=account.id, participants=[{"name": "Jane", "email": "j@x.test"}])
    for name, value in {**values, **over}.items():
        setattr(thread, name, value)
    db.session.add(thread)
    db.session.flush()
    box = ThreadBox(thread_id=thread.id, role=role, account_id=account.id, last_at=now)
    db.session.add(box)
    db.session.flush()
    return thread


def test_replies_wait_until_somebody_answers(in_acme):
    account = make_account()
    now = utcnow()
    waiting = make_thread(account)
    make_thread(account, last_out_at=now + timedelta(seconds=1))
    make_thread(account, kind="out_of_office")
    make_thread(account, archived_at=now)
    make_thread(account, role="sent", last_in_at=None)
    again = make_thread(account, last_out_at=now - timedelta(days=1))
    assert {t.id for t in queries.waiting_replies()} == {waiting.id, again.id}
    assert queries.today(now, now).waiting_replies == 2


def test_accounts_that_need_somebody(in_acme):
    make_account(email="fine@acme.test")
    for number, status in enumerate(("reconnect_required", "disconnected", "paused")):
        make_account(email=f"bad{number}@acme.test", status=status)
    make_account(email="gone@acme.test", status="removed", removed_at=utcnow())
    assert [a.email[:4] for a in queries.troubled_accounts()] == ["bad0", "bad1", "bad2"]


def test_sent_today_counts_from_midnight_of_the_workspace(in_acme):
    account = make_account()
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    make_outbox(account, state="sent", sent_at=midnight - timedelta(minutes=1))
    make_outbox(account, state="sent", sent_at=midnight + timedelta(minutes=1))
    make_outbox(account, state="queued")
    today = queries.today(midnight, midnight + timedelta(hours=9))
    assert (today.sent, today.queued) == (1, 1)


def test_sent_today_is_compared_with_the_same_hours_of_yesterday(in_acme):
    account = make_account()
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    make_outbox(account, state="sent", sent_at=midnight - timedelta(hours=20))  # 4 o'clock
    make_outbox(account, state="sent", sent_at=midnight - timedelta(hours=2))  # 22 o'clock
    today = queries.today(midnight, midnight + timedelta(hours=9))
    assert (today.sent, today.sent_before) == (0, 1)


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("UTC", datetime(2026, 11, 23, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 22, 5, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2026, 11, 22, 15, tzinfo=UTC)),
        ("Nowhere/Land", datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_day_start(zone, start):
    assert policies.day_start(datetime(2026, 11, 23, 3, 30, tzinfo=UTC), zone) == start


def test_day_start_when_clocks_change():
    now = datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert policies.day_start(now, "Europe/Berlin") == datetime(2026, 3, 28, 23, tzinfo=UTC)


def test_next_steps_disappear_one_by_one():
    nothing = policies.Progress(*[False] * 6)
    everything = policies.Progress(*[True] * 6)
    assert len(policies.next_steps(nothing)) == 6
    assert policies.next_steps(everything) == []


def test_progress_is_of_the_workspace_alone(in_acme):
    fresh = queries.progress(in_acme.acme.id, is_verified=True)
    assert (fresh.has_account, fresh.has_campaign, fresh.has_teammate) == (False, False, True)
    make_account()
    db.session.add(Campaign(name="One", status="active", launched_at=utcnow()))
    db.session.flush()
    later = queries.progress(in_acme.acme.id, is_verified=True)
    assert (later.has_account, later.has_campaign, later.has_launched) == (True, True, True)
    assert not queries.progress(in_acme.other.id, is_verified=True).has_teammate


def test_page_shows_it_all(page, in_acme):
    account = make_account(email="anna@acme.test", status="reconnect_required")
    thread = make_thread(account, subject="Re: <b>Offer</b>")
    campaign = Campaign(name="Spring", status="active", contacted_count=10, replied_count=1)
    db.session.add_all([campaign, Campaign(name="Draft one", status="draft")])
    db.session.commit()
    answer = page.as_(in_acme.alice).get("/w/acme/dashboard")
    assert "Re: <b>Offer</b>" in answer.text
    assert "Draft one" not in answer.text
    assert answer.find(f"a[href$='/mailhub/threads/{thread.id}']")
    assert answer.find(f"a[href$='/campaigns/{campaign.id}']")
    assert answer.find(f"a[href$='/accounts/{account.id}']")


def test_steps_are_shown_to_who_may_take_them(page, cast):
    assert "Invite a teammate" not in page.as_(cast.vera).get("/w/acme/dashboard").text
    assert "Connect an account" in page.as_(cast.alice).get("/w/acme/dashboard").text
    assert "Connect an account" not in page.as_(cast.vera).get("/w/acme/dashboard").text


def test_last_workspace_visited_is_where_the_next_sign_in_leads(page, client, cast, login):
    second = make_workspace("second", owner=cast.alice)
    page.as_(cast.alice).get(f"/w/{second.slug}/dashboard")
    assert login(client, cast.alice).get("/").location.endswith("/w/second/dashboard")


def test_palette_finds_accounts_of_this_workspace_only(page, cast, in_acme):
    make_account(email="anna@acme.test")
    db.session.commit()
    assert "anna@acme.test" in page.as_(cast.alice).hx("/w/acme/palette?q=ann", "x").text
    assert "anna@acme.test" not in page.as_(cast.charlie).hx("/w/other/palette?q=ann", "x").text
    assert "Nothing found" in page.as_(cast.alice).hx("/w/acme/palette?q=%25%25%25", "x").text


def test_palette_finds_pages_of_the_settings(page, cast):
    assert "Members and invitations" in page.as_(cast.vera).hx("/w/acme/palette?q=memb", "x").text
