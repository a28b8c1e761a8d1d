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
    """What leaves, and the calendar days from the first mail to the last.

    With a last day also: how many leads get no mail by then, and how many further mails to the
    others do not leave any more.
    """

    mails: int
    days: int
    unreached: int = 0
    late: int = 0


def outlook(
    first: date,
    leads: int,
    delays: Sequence[timedelta],
    room_on: Callable[[date], int],
    new_cap: int | None = None,
    last: date | None = None,
) -> Outlook | None:
    """`delays` are the waits before the second mail and on; `room_on` is how many mails a day
    holds, none when closed. None when a year is not enough."""
    due: list[Counter[int]] = [Counter() for _ in range(len(delays) + 1)]
    due[0][0] = leads
    waits = [wait // DAY for wait in delays]
    mails, begun, ended = 0, 0, -1
    for day in range(HORIZON):
        is_over = last is not None and first + day * DAY > last
        if is_over or not any(due):
            unreached = due[0].total()
            late = (leads - unreached) * len(due) - mails
            return Outlook(mails, ended - begun + 1, unreached, late)
        if sent := _one_day(day, due, waits, room_on(first + day * DAY), new_cap):
            begun, ended, mails = (day if not mails else begun), day, mails + sent
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


def say(found: Outlook | None, last: date | None = None) -> str:
    """The forecast in a sentence or two."""
    if found is None:
        return "More than a year at this pace: add sender accounts or raise a limit."
    until = f"the last day, {last.day} {last:%B}" if last else ""
    if not found.mails:
        return f"No mail can leave by {until}: raise a limit or choose a later day."
    mails = _count(found.mails, "mail")
    days = "in one day" if found.days == 1 else f"over {found.days:,} days"
    text = f"About {mails} {days} if nobody answers; each answer means fewer."
    if found.unreached:
        verb = "is" if found.unreached == 1 else "are"
        who = f"{_count(found.unreached, 'lead')} {verb} not reached by {until}"
        return f"{text} {who}: add sender accounts, raise a limit or choose a later day."
    if found.late:
        what = f"about {_count(found.late, 'follow-up')} would come after {until}"
        return f"{text} Everybody is reached, but {what}: choose a later day to send them too."
    return text


def _count(many: int, noun: str) -> str:
    return f"{many:,} {noun if many == 1 else noun + 's'}"
