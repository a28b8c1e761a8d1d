"""Sending windows: when a campaign is open, in its own time zone, daylight saving right.

A window is a weekday with a start and an end in minutes of the local day. Local times that do not
exist (clocks go forward) mean the first instant after the gap; local times that exist twice (clocks
go back) mean the first of the two.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

DAY = 24 * 60
#: A zone may skip a whole local day, so two weeks are searched, not one.
SEARCH_DAYS = 15


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """One opening on one weekday (Monday is 0), `start` and `end` in minutes from local midnight."""

    weekday: int
    start: int
    end: int


ALWAYS_OPEN: tuple[Window, ...] = tuple(Window(day, 0, DAY) for day in range(7))
OFFICE_HOURS: tuple[Window, ...] = tuple(Window(day, 8 * 60 + 30, 17 * 60 + 30) for day in range(5))


@dataclass(frozen=True, slots=True)
class Schedule:
    """The windows of a campaign, its zone and the local days between which it runs."""

    windows: tuple[Window, ...]
    zone: ZoneInfo
    starts_on: date | None = None
    ends_on: date | None = None


def is_always_open(windows: Iterable[Window]) -> bool:
    """True when the windows leave no minute of the week out."""
    return set(ALWAYS_OPEN) <= set(windows)


def zone_or_utc(name: str | None) -> ZoneInfo:
    """The named zone; UTC for a name the machine's zone data does not know."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def zone_names() -> list[str]:
    """Names to choose from, regions first, without the legacy and system entries."""
    skipped = ("Etc/", "posix/", "right/", "SystemV/")
    names = {n for n in available_timezones() if "/" in n and not n.startswith(skipped)}
    return ["UTC", *sorted(names)]


def to_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a naive local time: first of two in autumn, end of the gap in spring."""
    instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    return _end_of_gap(local, zone)


def _end_of_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """The transition instant, found by halving between the two readings of the missing time."""
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    new_offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == new_offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


@lru_cache(maxsize=4096)
def _openings(
    windows: tuple[Window, ...], zone: ZoneInfo, day: date
) -> tuple[tuple[datetime, datetime], ...]:
    """The instants between which `day` is open, in order; empty ones (inside a gap) left out.

    Remembered: a tick asks it for every lead, and the answer never changes.
    """
    midnight = datetime.combine(day, time.min)
    spans = []
    for window in sorted(w for w in windows if w.weekday == day.weekday()):
        opens = to_instant(midnight + timedelta(minutes=window.start), zone)
        closes = to_instant(midnight + timedelta(minutes=window.end), zone)
        if opens < closes:
            spans.append((opens, closes))
    return tuple(spans)


def next_open(windows: Iterable[Window], zone: ZoneInfo, at: datetime) -> datetime | None:
    """The first instant not before `at` at which a window is open; None when none ever is."""
    chosen = tuple(windows)
    if not chosen:
        return None
    first_day = at.astimezone(zone).date() - timedelta(days=1)
    for offset in range(SEARCH_DAYS + 2):
        for opens, closes in _openings(chosen, zone, first_day + timedelta(days=offset)):
            if at < closes:
                return max(at, opens)
    return None


def next_open_of(schedule: Schedule, at: datetime, zone: ZoneInfo | None = None) -> datetime | None:
    """`next_open` within the campaign's first and last day; None when it has no opening left."""
    used = zone or schedule.zone
    earliest = at
    if schedule.starts_on is not None:
        earliest = max(at, to_instant(datetime.combine(schedule.starts_on, time.min), used))
    found = next_open(schedule.windows, used, earliest)
    if found is None or schedule.ends_on is None:
        return found
    return found if found.astimezone(used).date() <= schedule.ends_on else None


def open_until(schedule: Schedule, at: datetime, zone: ZoneInfo | None = None) -> datetime | None:
    """When the opening that holds `at` ends; None when it does not within a day."""
    used = zone or schedule.zone
    end = at
    first_day = at.astimezone(used).date() - timedelta(days=1)
    for offset in range(4):
        day = first_day + timedelta(days=offset)
        if schedule.ends_on is not None and day > schedule.ends_on:
            break
        for opens, closes in _openings(schedule.windows, used, day):
            if opens <= end < closes:
                end = closes
    return end if end - at < timedelta(days=1) else None


def is_open(schedule: Schedule, at: datetime, zone: ZoneInfo | None = None) -> bool:
    """Whether mail may leave at this instant."""
    return next_open_of(schedule, at, zone) == at


def day_bounds(zone: ZoneInfo, at: datetime) -> tuple[datetime, datetime]:
    """Start and end of the local day in which `at` falls: the day over which caps count."""
    today = at.astimezone(zone).date()
    start = to_instant(datetime.combine(today, time.min), zone)
    end = to_instant(datetime.combine(today + timedelta(days=1), time.min), zone)
    return start, end


def parse_minutes(text: str) -> int:
    """'08:30' as minutes of the day; '24:00' is the end of the day. ValueError otherwise."""
    hours, _, minutes = text.strip().partition(":")
    value = int(hours) * 60 + int(minutes or 0)
    if not (0 <= value <= DAY and 0 <= int(minutes or 0) < 60):
        raise ValueError(text)
    return value


def format_minutes(value: int) -> str:
    """Minutes of the day as '08:30'."""
    return f"{value // 60:02d}:{value % 60:02d}"


def merge_windows(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The same openings without overlaps, sorted; empty ones dropped."""
    merged: list[Window] = []
    for window in sorted(w for w in windows if w.start < w.end):
        last = merged[-1] if merged else None
        if last and last.weekday == window.weekday and window.start <= last.end:
            merged[-1] = Window(last.weekday, last.start, max(last.end, window.end))
        else:
            merged.append(window)
    return tuple(merged)


def windows_from_json(rows: Iterable[dict[str, int]]) -> tuple[Window, ...]:
    """Windows out of their stored form `{"weekday", "start", "end"}`."""
    return merge_windows(Window(r["weekday"], r["start"], r["end"]) for r in rows)


def windows_to_json(windows: Iterable[Window]) -> list[dict[str, int]]:
    """The stored form of windows."""
    return [{"weekday": w.weekday, "start": w.start, "end": w.end} for w in merge_windows(windows)]
