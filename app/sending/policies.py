"""Pure rules of sending: what an answer of the server means, how long to wait, what a limit is.

Values in, decision out: no database, no clock, no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.providers.mail.errors import (
    AuthExpired,
    Family,
    Fenced,
    MailError,
    Phase,
    RateLimited,
    Temporary,
    Uncertain,
)

MINUTE, HOUR = 60.0, 3_600.0
SOFT_TRIES = 8
PRIORITY_MANUAL, PRIORITY_CAMPAIGN = 10, 50
CAMPAIGN, MANUAL, TEST = "campaign", "manual", "test"
NEVER_LEFT = ("missing_variable", "content")  # held before any byte was sent
#: What certainly did not reach the recipient, by state: refused by the server, or never offered.
SURELY_NOT_SENT = {"held": (*NEVER_LEFT, "unknown"), "failed": ("soft",)}
_FAR = (Phase.CONNECT, Phase.TLS, Phase.AUTH)


class Next(StrEnum):
    """What happens to the row."""

    AGAIN = "again"  # back to queued
    FAIL = "fail"
    HOLD = "hold"
    DOUBT = "doubt"  # uncertain: look for evidence
    LET_GO = "let_go"  # somebody else owns it now: touch nothing


class ForAccount(StrEnum):
    """What happens to the account."""

    NOTHING = "nothing"
    WAIT = "wait"
    PAUSE = "pause"
    RECONNECT = "reconnect"


@dataclass(frozen=True)
class Decision:
    """Where an error leads. `wait` is for the row when it goes again, else for the account."""

    row: Next
    account: ForAccount = ForAccount.NOTHING
    wait: float = 0.0
    family: str = ""


def after_error(
    error: Exception, attempts: int, spread: float = 0.5, doubt_wait: float = 30.0
) -> Decision:
    """What follows from an error of the adapter at the `attempts`-th try of this mail.

    `spread` in 0..1 spreads the waiting times. A server that gave no answer gets a pause
    (`doubt_wait`): one mail in doubt is enough. Anything that is not a `MailError` came from our
    own code before the hand-over and is held: sending it again would fail again.
    """
    if isinstance(error, Fenced):
        return Decision(Next.LET_GO)
    if isinstance(error, Uncertain):
        return Decision(Next.DOUBT, ForAccount.WAIT, doubt_wait, error.family)
    if isinstance(error, AuthExpired):
        return Decision(Next.AGAIN, ForAccount.RECONNECT, family=Family.AUTH)
    if isinstance(error, RateLimited):
        return Decision(Next.AGAIN, ForAccount.WAIT, error.retry_after, Family.BLOCK)
    if not isinstance(error, MailError):
        return Decision(Next.HOLD, family="content")
    return _after_refusal(error, attempts, spread)


def _after_refusal(error: MailError, attempts: int, spread: float) -> Decision:
    wait = back_off(attempts, spread)
    if isinstance(error, Temporary) and error.phase in (*_FAR, Phase.MAIL):
        return Decision(Next.AGAIN, ForAccount.WAIT, wait, Family.SOFT)  # not this mail's fault
    if error.family is Family.ADDRESS:
        return Decision(Next.FAIL, family=Family.ADDRESS)
    if error.family is Family.AUTH:
        return Decision(Next.AGAIN, ForAccount.RECONNECT, family=Family.AUTH)
    if error.family is Family.BLOCK or error.phase in _FAR:
        return Decision(Next.AGAIN, ForAccount.PAUSE, family=Family.BLOCK)
    if error.family is Family.SOFT or isinstance(error, Temporary):
        row = Next.AGAIN if attempts < SOFT_TRIES else Next.FAIL
        return Decision(row, wait=wait, family=Family.SOFT)
    return Decision(Next.HOLD, family=Family.UNKNOWN)


def back_off(attempts: int, spread: float = 0.5) -> float:
    """Seconds before try number `attempts + 1`: 1, 2, 4 … minutes up to 4 hours, spread by half."""
    base = min(MINUTE * 2.0 ** max(0, min(attempts - 1, 10)), 4 * HOUR)
    return float(base * (0.75 + 0.5 * spread))


def day_limit(daily_limit: int, ramp: tuple[bool, int, int], connected: date, today: date) -> int:
    """How many campaign mails an account may send today; `ramp` is (enabled, start, step)."""
    enabled, start, step = ramp
    if not enabled:
        return max(0, daily_limit)
    return max(0, min(daily_limit, start + step * max(0, (today - connected).days)))


def local_day(at: datetime, time_zone: str) -> date:
    """The date at `at` in a zone; an unknown zone counts as UTC."""
    try:
        return at.astimezone(ZoneInfo(time_zone)).date()
    except (ZoneInfoNotFoundError, ValueError):
        return at.date()


def check_wait(waits: list[int], checks: int) -> float | None:
    """Seconds before the next look for evidence; None when all looks were taken."""
    return float(waits[checks]) if checks < len(waits) else None


class Verdict(StrEnum):
    """What a look for evidence means for a row in doubt."""

    SENT = "sent"
    LOOK_AGAIN = "look_again"
    NOT_SENT = "not_sent"
    HOLD = "hold"


def weigh(evidence: str, *, looks_left: bool, proves: bool) -> Verdict:
    """Judge one look. `proves`: absence means "not sent" at this provider.

    Where a copy may simply come late, absence counts only at the last look; where the provider
    keeps no copy of its own it never counts, and a person decides.
    """
    if evidence == "found":
        return Verdict.SENT
    if looks_left:
        return Verdict.LOOK_AGAIN
    return Verdict.NOT_SENT if evidence == "absent" and proves else Verdict.HOLD
