"""What every answer means, how long to wait, what a limit is: tables of the pure rules."""

from datetime import UTC, date, datetime

import pytest

from app.providers.mail.errors import (
    AuthExpired,
    Family,
    Fenced,
    Permanent,
    Phase,
    RateLimited,
    Temporary,
    Uncertain,
)
from app.sending.policies import (
    ForAccount,
    Next,
    Verdict,
    after_error,
    back_off,
    check_wait,
    day_limit,
    local_day,
    weigh,
)


@pytest.mark.parametrize(
    ("error", "row", "account", "family"),
    [
        (Permanent("x", phase=Phase.RCPT, family=Family.ADDRESS), "fail", "nothing", "address"),
        (Permanent("x", phase=Phase.DOT, family=Family.BLOCK), "again", "pause", "block"),
        (Permanent("x", phase=Phase.DOT, family=Family.UNKNOWN), "hold", "nothing", "unknown"),
        (Permanent("x", phase=Phase.DOT, family=Family.SOFT), "again", "nothing", "soft"),
        (Permanent("x", phase=Phase.TLS), "again", "pause", "block"),
        (Permanent("x", phase=Phase.AUTH, family=Family.AUTH), "again", "reconnect", "auth"),
        (Temporary("x", phase=Phase.CONNECT, family=Family.SOFT), "again", "wait", "soft"),
        (Temporary("x", phase=Phase.RCPT, family=Family.SOFT), "again", "nothing", "soft"),
        (AuthExpired("x", phase=Phase.AUTH), "again", "reconnect", "auth"),
        (RateLimited("x", retry_after=9, phase=Phase.MAIL), "again", "wait", "block"),
        (Uncertain("x", phase=Phase.DOT), "doubt", "wait", "unknown"),
        (Fenced("x", phase=Phase.BODY), "let_go", "nothing", ""),
        (ValueError("x"), "hold", "nothing", "content"),
    ],
)
def test_after_error(error, row, account, family):
    decision = after_error(error, 1)
    assert (decision.row, decision.account, decision.family) == (
        Next(row),
        ForAccount(account),
        family,
    )


def test_soft_refusals_end():
    error = Temporary("x", phase=Phase.RCPT, family=Family.SOFT)
    assert [after_error(error, attempts).row for attempts in (7, 8)] == [Next.AGAIN, Next.FAIL]


def test_a_dead_server_never_fails_a_mail():
    error = Temporary("x", phase=Phase.CONNECT, family=Family.SOFT)
    assert after_error(error, 500).row is Next.AGAIN


def test_back_off_grows_and_ends():
    waits = [back_off(attempts) for attempts in range(1, 12)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (60, 4 * 3600)
    assert back_off(1, 0) < back_off(1, 1)


@pytest.mark.parametrize(
    ("ramp", "today", "limit"),
    [
        ((False, 5, 2), date(2026, 1, 1), 30),
        ((True, 5, 2), date(2026, 1, 1), 5),
        ((True, 5, 2), date(2026, 1, 4), 11),
        ((True, 5, 2), date(2026, 3, 1), 30),
        ((True, 5, 2), date(2025, 12, 1), 5),
    ],
)
def test_day_limit(ramp, today, limit):
    assert day_limit(30, ramp, date(2026, 1, 1), today) == limit


def test_local_day():
    at = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert local_day(at, "Europe/Berlin") == date(2026, 11, 24)
    assert local_day(at, "No/Where") == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("evidence", "looks_left", "proves", "verdict"),
    [
        ("found", True, False, Verdict.SENT),
        ("absent", True, True, Verdict.LOOK_AGAIN),
        ("absent", False, True, Verdict.NOT_SENT),
        ("absent", False, False, Verdict.HOLD),
        ("unknown", False, True, Verdict.HOLD),
    ],
)
def test_weigh(evidence, looks_left, proves, verdict):
    assert weigh(evidence, looks_left=looks_left, proves=proves) is verdict


def test_check_wait():
    assert [check_wait([30, 120], n) for n in range(3)] == [30.0, 120.0, None]
