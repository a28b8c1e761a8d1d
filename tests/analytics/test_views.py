"""The Analytics tab: figures from counters, one denominator, machines apart."""

from datetime import date

import pytest

from app.analytics.queries import days_of
from app.core.clock import utcnow
from app.core.db import db
from app.models import CampaignDay
from tests.factories import make_campaign


@pytest.fixture
def campaign(in_acme):
    """A campaign that was written to 200 leads."""
    made = make_campaign(
        status="active",
        leads_count=400,
        contacted_count=200,
        sent_count=310,
        opened_count=100,
        opened_machine_count=37,
        clicked_count=20,
        replied_count=9,
        auto_replied_count=4,
        bounced_count=3,
    )
    db.session.add(CampaignDay(campaign_id=made.id, day=utcnow().date(), sent=310, replied=9))
    db.session.flush()
    return made


def test_rates_are_shares_of_the_leads_contacted(page, cast, campaign):
    answer = page.as_(cast.vera).get(f"/w/acme/campaigns/{campaign.id}/analytics")
    for words in ("310", "4.5\u202f%", "50\u202f%", "did so for 37", "came from 4", "Of 400 leads"):
        assert words in answer.soup.get_text(" "), words
    assert "÷ leads contacted" in str(answer.find(".stat .hint"))
    row = answer.soup.select("#daily tbody tr")[-1]
    assert row.find("th").text == utcnow().date().isoformat()
    assert row.find("td").text == "310"


def test_an_outsider_sees_nothing(page, cast, campaign):
    page.as_(cast.charlie).get(f"/w/acme/campaigns/{campaign.id}/analytics", 404)
    page.as_(cast.charlie).get(f"/w/other/campaigns/{campaign.id}/analytics", 404)


def test_without_mails_the_page_says_why(page, cast, in_acme):
    empty = make_campaign()
    answer = page.as_(cast.alice).get(f"/w/acme/campaigns/{empty.id}/analytics")
    assert "has not been launched" in answer.text


def test_days_without_mail_are_zeros_between_the_others(campaign):
    today = utcnow().date()
    db.session.add(
        CampaignDay(campaign_id=campaign.id, day=date.fromordinal(today.toordinal() - 3), sent=5)
    )
    db.session.flush()
    days = days_of(campaign.id, today)
    assert [d.sent for d in days] == [0, 0, 0, 5, 0, 0, 310]
    assert [d.day.toordinal() for d in days] == list(
        range(today.toordinal() - 6, today.toordinal() + 1)
    )
