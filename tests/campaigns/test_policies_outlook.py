"""The forecast of the launch sheet."""

import tracemalloc
from datetime import UTC, date, datetime, timedelta

import pytest

from app.campaigns.policies.outlook import Outlook, outlook, say
from app.campaigns.services.outlook import forecast
from tests.factories import make_account, make_campaign, make_campaign_lead, make_lead

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


@pytest.mark.parametrize(
    ("leads", "delays", "room_on", "last_in", "found"),
    [
        (25, [], every_day(10), 2, Outlook(25, 3)),
        (1000, [], every_day(50), 7, Outlook(400, 8, unreached=600)),
        (10, [DAYS], every_day(50), 2, Outlook(10, 1, late=10)),
        (10, [DAYS, DAYS], every_day(50), 3, Outlook(20, 4, late=10)),
        (40, [DAYS], every_day(10), 4, Outlook(50, 5, unreached=10, late=10)),
        (10, [], on_weekdays(0), 3, Outlook(0, 0, unreached=10)),
        (9000, [], every_day(10), 400, None),
    ],
)
def test_the_last_day_cuts_it_short(leads, delays, room_on, last_in, found):
    last = MONDAY + timedelta(days=last_in)
    assert outlook(MONDAY, leads, delays, room_on, last=last) == found


def test_millions_of_mails_are_only_counted():
    tracemalloc.start()
    assert outlook(MONDAY, 5_000_000, [], every_day(100_000)) == Outlook(5_000_000, 50)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_it_is_said_in_a_sentence():
    assert say(Outlook(412, 9)).startswith("About 412 mails over 9 days")
    assert say(Outlook(1, 1)).startswith("About 1 mail in one day")
    assert "each answer means fewer" in say(Outlook(1, 1))
    assert "More than a year" in say(None)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Outlook(400, 8, unreached=600), "600 leads are not reached by the last day, 7 December"),
        (Outlook(1, 1, unreached=1), "1 lead is not reached"),
        (Outlook(400, 8, unreached=600), "add sender accounts, raise a limit or choose a later"),
        (Outlook(20, 4, late=1250), "about 1,250 follow-ups would come after the last day"),
        (Outlook(20, 4, late=1), "about 1 follow-up would come after"),
        (Outlook(0, 0, unreached=10), "No mail can leave by the last day"),
    ],
)
def test_what_the_last_day_costs_is_said(found, said):
    assert said in say(found, date(2026, 12, 7))


def test_the_forecast_of_a_campaign_knows_its_last_day(in_acme):
    account = make_account(daily_limit=5, ramp_enabled=False)
    now = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    campaign = make_campaign(
        accounts=[account], steps=1, leads_count=30, end_at=now + timedelta(days=2)
    )
    for number in range(30):
        make_campaign_lead(campaign, make_lead(f"p{number}@people.test"))
    said = forecast(campaign, now)
    assert "15 leads are not reached by the last day" in said
    campaign.end_at = None
    assert "About 30 mails over 6 days" in forecast(campaign, now)
