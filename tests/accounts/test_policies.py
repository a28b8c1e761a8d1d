"""Rules of accounts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.accounts.policies import allowed_today, health_dot, local_day

DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("ramp", "days", "allowed"),
    [
        ((False, 5, 2), 0, 30),
        ((True, 5, 2), 0, 5),
        ((True, 5, 2), 1, 7),
        ((True, 5, 2), 12, 29),
        ((True, 5, 2), 13, 30),
        ((True, 5, 2), 400, 30),
        ((True, 5, 2), -3, 5),
        ((True, 50, 2), 0, 30),
    ],
)
def test_slow_start(ramp: tuple[bool, int, int], days: int, allowed: int) -> None:
    today = date.fromordinal(DAY.toordinal() + days)
    assert allowed_today(daily_limit=30, ramp=ramp, connected_on=DAY, today=today) == allowed


def test_day_of_a_zone() -> None:
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert local_day(at, "Europe/Berlin") == date(2026, 3, 2)
    assert local_day(at, "America/New_York") == date(2026, 3, 1)
    assert local_day(at, "Nowhere/Land") == date(2026, 3, 1)
    assert local_day(at, "../etc/passwd") == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("statuses", "dot"),
    [
        ([], None),
        (["connected"], None),
        (["connected", "paused"], ("attention", "1 account is paused")),
        (["paused", "reconnect_required"], ("attention", "1 account needs you")),
        (["disconnected", "reconnect_required"], ("attention", "2 accounts need you")),
    ],
)
def test_dot_shows_the_worst(statuses: list[str], dot: tuple[str, str] | None) -> None:
    assert health_dot(statuses) == dot
