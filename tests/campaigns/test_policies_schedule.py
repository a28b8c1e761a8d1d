"""Sending windows: hypothesis over zones and instants, and the known bad days by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigns.policies.schedule import (
    ALWAYS_OPEN,
    DAY,
    OFFICE_HOURS,
    Schedule,
    Window,
    day_bounds,
    is_always_open,
    is_open,
    merge_windows,
    next_open,
    next_open_of,
    open_until,
    parse_minutes,
    to_instant,
    windows_from_json,
    windows_to_json,
    zone_names,
    zone_or_utc,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
ZONES = [ZoneInfo(name) for name in zone_names()]

zones = st.sampled_from(ZONES)
instants = st.integers(1_104_537_600, 2_051_222_400).map(lambda s: datetime.fromtimestamp(s, UTC))
# From 2024 on. By rules that are over, clocks went back over midnight (America/Goose_Bay until 2011)
# and a day had 21 hours (Antarctica/Casey until 2023).
coming = st.integers(1_704_067_200, 2_051_222_400).map(lambda s: datetime.fromtimestamp(s, UTC))


@st.composite
def window(draw: st.DrawFn) -> Window:
    start = draw(st.integers(0, DAY - 1))
    return Window(draw(st.integers(0, 6)), start, draw(st.integers(start + 1, DAY)))


window_sets = st.lists(window(), min_size=1, max_size=6).map(tuple)


@given(window_sets, zones, instants)
@settings(max_examples=300, deadline=None)
def test_next_open_is_in_a_window_and_not_before_the_question(windows, zone, at):
    found = next_open(windows, zone, at)
    if found is None:  # only a window that lies wholly inside a gap can be missing for two weeks
        assert all(w.end - w.start <= 60 for w in windows)
        return
    assert found >= at
    assert next_open(windows, zone, found) == found
    local = found.astimezone(zone)
    minute = local.hour * 60 + local.minute + local.second / 60
    inside = any(w.weekday == local.weekday() and w.start <= minute < w.end for w in windows)
    shifted = found != to_instant(local.replace(tzinfo=None), zone) or _after_gap(found, zone)
    assert inside or shifted


def _after_gap(instant: datetime, zone: ZoneInfo) -> bool:
    """Clocks went forward within the last day: a window's start may have been moved to here."""
    before = (instant - timedelta(days=1)).astimezone(zone).utcoffset()
    return before != instant.astimezone(zone).utcoffset()


@given(window_sets, zones, instants, st.integers(0, 86_400))
@settings(max_examples=200, deadline=None)
def test_next_open_never_goes_back_as_time_goes_on(windows, zone, at, seconds):
    first, second = (
        next_open(windows, zone, at),
        next_open(windows, zone, at + timedelta(seconds=seconds)),
    )
    if first is not None and second is not None:
        assert first <= second


@given(zones, instants)
@settings(max_examples=300, deadline=None)
def test_always_open_is_open_at_every_instant_of_every_zone(zone, at):
    assert next_open(ALWAYS_OPEN, zone, at) == at


@given(zones, coming)
@settings(max_examples=200, deadline=None)
def test_day_bounds_hold_the_instant_and_last_about_a_day(zone, at):
    start, end = day_bounds(zone, at)
    assert start <= at < end
    assert timedelta(hours=22) <= end - start <= timedelta(hours=26)


def test_a_time_that_does_not_exist_means_the_end_of_the_gap():
    assert to_instant(datetime.fromisoformat("2026-03-29T02:30"), BERLIN) == datetime(
        2026, 3, 29, 1, 0, tzinfo=UTC
    )
    sunday = (Window(6, 2 * 60 + 15, 4 * 60),)
    midnight = datetime(2026, 3, 29, tzinfo=BERLIN)
    assert next_open(sunday, BERLIN, midnight).astimezone(BERLIN).hour == 3


def test_a_time_that_exists_twice_means_the_first_and_is_open_once():
    window = (Window(6, 2 * 60, 2 * 60 + 30),)
    opens = next_open(window, BERLIN, datetime(2026, 10, 25, tzinfo=BERLIN))
    assert opens == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    second_reading = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 again
    assert next_open(window, BERLIN, second_reading).astimezone(BERLIN).date() == date(2026, 11, 1)


def test_a_window_inside_the_gap_is_skipped_that_day():
    window = (Window(6, 2 * 60 + 10, 2 * 60 + 50),)
    found = next_open(window, BERLIN, datetime(2026, 3, 29, tzinfo=BERLIN))
    assert found.astimezone(BERLIN).date() == date(2026, 4, 5)


def test_office_hours_follow_local_time_over_the_change():
    before, after = datetime(2026, 3, 6, 20, tzinfo=UTC), datetime(2026, 3, 8, 20, tzinfo=UTC)
    assert (
        next_open(OFFICE_HOURS, NEW_YORK, before - timedelta(days=2)).astimezone(NEW_YORK).weekday()
        < 5
    )
    assert next_open(OFFICE_HOURS, NEW_YORK, after) == datetime(2026, 3, 9, 12, 30, tzinfo=UTC)


def test_the_end_of_a_window_is_closed():
    friday_evening = datetime(2026, 11, 27, 17, 30, tzinfo=BERLIN)
    monday = next_open(OFFICE_HOURS, BERLIN, friday_evening)
    assert monday == datetime(2026, 11, 30, 8, 30, tzinfo=BERLIN)


def test_a_skipped_local_day_is_survived():
    apia = ZoneInfo("Pacific/Apia")  # had no 30 December 2011, a Friday
    window = (Window(4, 9 * 60, 10 * 60),)
    found = next_open(window, apia, datetime(2011, 12, 29, 12, tzinfo=apia))
    assert found.astimezone(apia) == datetime(2012, 1, 6, 9, tzinfo=apia)


def test_first_and_last_day_bound_the_schedule():
    schedule = Schedule(OFFICE_HOURS, BERLIN, date(2026, 12, 1), date(2026, 12, 1))
    opens = next_open_of(schedule, datetime(2026, 11, 23, tzinfo=UTC))
    assert opens == datetime(2026, 12, 1, 8, 30, tzinfo=BERLIN)
    assert is_open(schedule, opens)
    assert next_open_of(schedule, datetime(2026, 12, 1, 18, tzinfo=BERLIN)) is None


def test_no_windows_never_open():
    assert next_open((), BERLIN, datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_overlapping_windows_are_merged_and_stored_whole():
    merged = merge_windows([Window(0, 600, 700), Window(0, 500, 610), Window(1, 5, 5)])
    assert merged == (Window(0, 500, 700),)
    assert windows_from_json(windows_to_json(ALWAYS_OPEN)) == ALWAYS_OPEN
    assert is_always_open(ALWAYS_OPEN)
    assert not is_always_open(OFFICE_HOURS)


@pytest.mark.parametrize("text", ["25:00", "24:01", "-1:00", "8:75", "x", ""])
def test_bad_clock_times_are_refused(text):
    with pytest.raises(ValueError):
        parse_minutes(text)


def test_clock_times_are_read():
    assert (parse_minutes("08:30"), parse_minutes("24:00"), parse_minutes("7:05")) == (
        510,
        DAY,
        425,
    )


def test_an_unknown_zone_falls_back_to_utc():
    assert zone_or_utc("Mars/Olympus").key == "UTC"
    assert zone_or_utc("Europe/Berlin").key == "Europe/Berlin"


def test_an_opening_ends_where_the_next_one_does_not_follow():
    office = Schedule(OFFICE_HOURS, BERLIN)
    at = datetime(2026, 11, 23, 9, tzinfo=BERLIN)
    assert open_until(office, at) == datetime(2026, 11, 23, 17, 30, tzinfo=BERLIN)
    assert open_until(Schedule(ALWAYS_OPEN, BERLIN), at) is None
    last_day = Schedule(ALWAYS_OPEN, BERLIN, ends_on=date(2026, 11, 23))
    assert open_until(last_day, at) == datetime(2026, 11, 24, tzinfo=BERLIN)
    over_midnight = Schedule((Window(0, 1200, DAY), Window(1, 0, 60)), BERLIN)
    evening = datetime(2026, 11, 23, 22, tzinfo=BERLIN)
    assert open_until(over_midnight, evening) == datetime(2026, 11, 24, 1, tzinfo=BERLIN)
