"""The forecast of the launch sheet."""

from datetime import date, timedelta

import pytest

from app.campaigns.policies.outlook import Outlook, outlook, say

MONDAY = date(2026, 11, 30)
HOURS, DAYS = timedelta(hours=4), timedelta(days=3)


def every_day(room):
    return lambda _day: room


def on_weekdays(room):
    return lambda day: room if day.weekday() < 5 else 0


@pytest.mark.parametrize(
    ("leads", "delays", "room_on", "new_cap", "found"),
    [
        (1, [], every_day(10), None, Outlook(1, 1)),
        (25, [], every_day(10), None, Outlook(25, 3)),
        (10, [HOURS], every_day(50), None, Outlook(20, 1)),
        (10, [DAYS], every_day(50), None, Outlook(20, 4)),
        (10, [DAYS, DAYS], every_day(50), None, Outlook(30, 7)),
        # follow-ups go first: from the fourth day on they leave no room for new leads
        (40, [DAYS], every_day(10), None, Outlook(80, 10)),
        (60, [], on_weekdays(10), None, Outlook(60, 8)),
        (10, [], every_day(50), 2, Outlook(10, 5)),
        (10, [], every_day(0), None, None),
        (3660, [], every_day(9), None, None),
    ],
)
def test_mails_and_days(leads, delays, room_on, new_cap, found):
    assert outlook(MONDAY, leads, delays, room_on, new_cap) == found


def test_it_is_said_in_a_sentence():
    assert say(Outlook(412, 9)).startswith("About 412 mails over 9 days")
    assert say(Outlook(1, 1)).startswith("About 1 mail in one day")
    assert "More than a year" in say(None)
