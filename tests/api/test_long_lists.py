"""Long lists: Laravel's numbered pages by themselves, keyset pages for who names a cursor."""

import pytest
import sqlalchemy as sa

from app.campaigns.services.enrolment import enrol_leads
from app.core.db import db
from app.core.paging import count_rows
from app.core.settings import settings
from app.core.tenancy import workspace_context
from app.models import Campaign, Lead
from tests.factories import make_account, make_campaign, make_lead
from tests.factories.mails import make_message

TOTAL = 17
NAMES = ["lead", "campaign-leads", "threads"]


@pytest.fixture
def addresses(cast):
    """The address of each long list; all have 17 rows."""
    with workspace_context(cast.acme.id):
        account, campaign = make_account(), make_campaign()
        leads = [make_lead(company=f"Firm {number}th") for number in range(TOTAL)]
        enrol_leads(campaign, [lead.id for lead in leads])
        for number in range(TOTAL):
            make_message(account, subject=f"Question {number}", reply_text=f"Firm {number}th")
        db.session.commit()
        return {
            "lead": "/api/lead?",
            "campaign-leads": f"/api/campaign/{campaign.id}/leads?",
            "threads": "/api/mailhub/threads?box=all&",
        }


@pytest.fixture
def get(call, cast):
    def ask(path):
        answer = call(cast.alice, "GET", path.replace(settings.public_url, ""))
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    return ask


@pytest.mark.parametrize("name", NAMES)
def test_pages_are_numbered(get, addresses, name):
    path = addresses[name]
    first, second = get(path), get(f"{path}page=2")
    assert [len(page["data"]) for page in (first, second)] == [15, 2]
    assert len({row["id"] for row in [*first["data"], *second["data"]]}) == TOTAL
    meta = second["meta"]
    assert (meta["current_page"], meta["last_page"], meta["total"]) == (2, 2, TOTAL)
    assert (meta["from"], meta["to"], meta["per_page"]) == (16, 17, 15)
    labels = [link["label"] for link in meta["links"]]
    assert labels == ["&laquo; Previous", "1", "2", "Next &raquo;"]
    assert second["links"]["prev"] == first["links"]["first"]
    assert first["links"]["next"] == second["links"]["last"]
    assert get(first["links"]["next"]) == second


@pytest.mark.parametrize("name", NAMES)
def test_a_page_beyond_the_end_is_empty(get, addresses, name):
    beyond = get(f"{addresses[name]}page=9")
    assert beyond["data"] == []
    assert (beyond["meta"]["from"], beyond["meta"]["total"]) == (None, TOTAL)
    assert beyond["meta"]["next_cursor"] is None


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_cursor_begins_pages_that_are_not_counted(get, addresses, name):
    page = get(f"{addresses[name]}per_page=7&page=2&cursor=")
    assert set(page["meta"]) == {"path", "per_page", "next_cursor", "prev_cursor"}
    seen = [row["id"] for row in page["data"]]
    while page["links"]["next"]:
        page = get(page["links"]["next"])
        seen += [row["id"] for row in page["data"]]
    assert len(seen) == len(set(seen)) == TOTAL


@pytest.mark.parametrize("name", NAMES)
def test_a_numbered_page_says_where_a_cursor_goes_on(get, addresses, name):
    first = get(f"{addresses[name]}per_page=10")
    rest = get(f"{addresses[name]}per_page=10&cursor={first['meta']['next_cursor']}")
    assert rest["data"] == get(f"{addresses[name]}per_page=10&page=2")["data"]


@pytest.mark.parametrize(
    ("name", "query", "total"),
    [
        ("lead", "q=firm%2016th", 1),
        ("campaign-leads", "q=firm%2016th", 1),
        ("campaign-leads", "state=waiting", TOTAL),
        ("campaign-leads", "state=replied", 0),
        ("threads", "q=question", TOTAL),
        ("threads", "q=16th", 1),
        ("threads", "campaign=987654321", 0),
        ("threads", "account=987654321", 0),
    ],
)
def test_filters_count_too(get, addresses, name, query, total):
    page = get(addresses[name] + query)
    assert (page["meta"]["total"], len(page["data"])) == (total, min(total, 15))


def test_the_leads_of_a_campaign_are_counted_already(get, addresses, cast):
    with workspace_context(cast.acme.id):
        db.session.execute(sa.update(Campaign).values(leads_count=1_000_000))
        db.session.commit()
    assert get(addresses["campaign-leads"])["meta"]["last_page"] == 66_667


def test_what_is_searched_is_counted_only_so_far(addresses, cast):
    with workspace_context(cast.acme.id):
        assert count_rows(sa.select(Lead.id)) == TOTAL
        assert count_rows(sa.select(Lead.id), at_most=5) == 5
        assert count_rows(sa.select(Lead.id), at_most=50) == TOTAL
    with workspace_context(cast.other.id):
        assert count_rows(sa.select(Lead.id)) == 0
