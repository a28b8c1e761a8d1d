"""Who asked: a table of hits and verdicts."""

from datetime import UTC, datetime, timedelta

import pytest

from app.tracking.policies import Hit, is_safe_target, judge

SENT = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
)


def hit(after=60.0, **over):
    values = {
        "kind": "open",
        "method": "GET",
        "user_agent": FIREFOX,
        "at": SENT + timedelta(seconds=after),
        "sent_at": SENT,
    }
    return Hit(**(values | over))


@pytest.mark.parametrize(
    ("given", "verdict", "reason"),
    [
        (hit(), "human", "browser"),
        (hit(after=4.9), "bot", "too_soon"),
        (hit(after=5.0), "human", "browser"),
        (hit(after=8.9, kind="click"), "bot", "too_soon"),
        (hit(after=9.0, kind="click"), "human", "browser"),
        (hit(sent_at=None), "bot", "too_soon"),
        (hit(method="HEAD"), "bot", "head_request"),
        (hit(user_agent=GMAIL), "proxy", "image_proxy"),
        (hit(user_agent=GMAIL, after=1), "proxy", "image_proxy"),
        (hit(user_agent=PREFETCH), "bot", "gmail_prefetch"),
        (hit(user_agent="Mozilla/5.0"), "bot", "apple_privacy"),
        (hit(user_agent=""), "bot", "user_agent"),
        (hit(user_agent="curl/8.5"), "bot", "user_agent"),
        (hit(user_agent="Barracuda Sentinel"), "bot", "user_agent"),
        (hit(user_agent="Mozilla/5.0 (compatible; bingbot/2.0)"), "bot", "user_agent"),
        (hit(user_agent="SomethingElse 1.0"), "unknown", "agent"),
    ],
)
def test_judge(given, verdict, reason):
    assert judge(given) == (verdict, reason)


def clicks(*seconds):
    return [(link, SENT + timedelta(seconds=at)) for link, at in enumerate(seconds, 1)]


@pytest.mark.parametrize(
    ("others", "verdict"),
    [
        (clicks(60, 60.5, 61), "bot"),
        (clicks(60, 60.5), "human"),
        (clicks(60, 63, 66), "human"),
        ([(1, SENT + timedelta(seconds=60))] * 5, "human"),
    ],
)
def test_all_links_at_once(others, verdict):
    assert judge(hit(kind="click", link_id=1, others=others))[0] == verdict


@pytest.mark.parametrize(
    ("url", "safe"),
    [("https://a.test", True), ("HTTP://a.test", True), ("javascript:x", False), ("//a", False)],
)
def test_targets(url, safe):
    assert is_safe_target(url) is safe
