"""How long a campaign takes when nobody answers, for the launch sheet: counted by days.

Coarser than the planner, which finds a minute for each mail: here a day simply holds as many mails
as the accounts, their gaps and the caps let out of it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

HORIZON = 366
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What leaves, and the calendar days from the first mail to the last."""

    mails: int
    days: int


def outlook(
    first: date,
    leads: int,
    delays: Sequence[timedelta],
    room_on: Callable[[date], int],
    new_cap: int | None = None,
) -> Outlook | None:
    """`delays` are the waits before the second mail and on; `room_on` is how many mails a day
    holds, none when closed. None when a year is not enough."""
    due: list[Counter[int]] = [Counter() for _ in range(len(delays) + 1)]
    due[0][0] = leads
    waits = [wait // DAY for wait in delays]
    days: list[int] = []
    for day in range(HORIZON):
        if sent := _one_day(day, due, waits, room_on(first + day * DAY), new_cap):
            days.extend([day] * sent)
        if not any(due):
            return Outlook(len(days), days[-1] - days[0] + 1) if days else None
    return None


def _one_day(
    day: int, due: list[Counter[int]], waits: list[int], room: int, new_cap: int | None
) -> int:
    """Follow-ups first, then new leads, then follow-ups that come due the same day; what was sent."""
    sent = 0
    for step in (*range(1, len(due)), *range(len(due))):
        ready = sum(many for at, many in due[step].items() if at <= day)
        many = min(ready, room - sent, new_cap if step == 0 and new_cap else ready)
        due[step] = Counter({at: n for at, n in due[step].items() if at > day})
        due[step][day + 1] += ready - many
        due[step] += Counter()  # drops zeros
        if step < len(waits) and many:
            due[step + 1][day + waits[step]] += many
        sent += many
    return sent


def say(found: Outlook | None) -> str:
    """The forecast in a sentence."""
    if found is None:
        return "More than a year at this pace: add sender accounts or raise a limit."
    mails = f"{found.mails:,} {'mail' if found.mails == 1 else 'mails'}"
    days = "in one day" if found.days == 1 else f"over {found.days:,} days"
    return f"About {mails} {days} if nobody answers; every answer makes it fewer."
