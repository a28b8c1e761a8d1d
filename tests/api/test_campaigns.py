"""Campaigns and leads through the JSON door."""

import io

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.tenancy import workspace_context
from app.models import Campaign, CampaignLead
from tests.factories import make_account, make_campaign, make_campaign_lead


@pytest.fixture
def campaign_id(cast):
    """A draft of Acme with two steps, one account, no leads."""
    with workspace_context(cast.acme.id):
        campaign = make_campaign(accounts=[make_account(is_sandbox=True)], steps=2)
        db.session.commit()
        return campaign.id


def test_create_show_rename_delete(call, cast):
    made = call(cast.alice, "POST", "/api/campaign", {"name": " Autumn "})
    assert made.status_code == 201
    body = made.get_json()["data"]
    assert body["name"] == "Autumn"
    assert body["status"] == "draft"
    path = f"/api/campaign/{body['id']}"
    assert call(cast.alice, "PUT", path, {"name": "Winter"}).get_json()["data"]["name"] == "Winter"
    assert call(cast.alice, "DELETE", path).status_code == 204
    assert call(cast.alice, "GET", path).get_json() == {"message": "Not found."}


def test_empty_body_in_laravels_words(call, cast):
    answer = call(cast.alice, "POST", "/api/campaign", {})
    assert answer.status_code == 422
    assert answer.get_json() == {
        "message": "The name field is required.",
        "errors": {"name": ["The name field is required."]},
    }


def test_list_pages(call, cast):
    with workspace_context(cast.acme.id):
        for number in range(17):
            make_campaign(name=f"Campaign {number}")
        db.session.commit()
    body = call(cast.alice, "GET", "/api/campaign?page=2&status=draft").get_json()
    assert len(body["data"]) == 2
    assert body["meta"]["total"] == 17
    assert body["meta"]["last_page"] == 2
    assert body["links"]["prev"].endswith("/api/campaign?status=draft&page=1")
    beyond = call(cast.alice, "GET", "/api/campaign?page=9").get_json()
    assert beyond["data"] == []
    assert beyond["meta"]["from"] is None


@pytest.mark.parametrize(
    ("method", "tail"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("GET", "/sequence"),
        ("PUT", "/sequence"),
        ("GET", "/schedule"),
        ("GET", "/settings"),
        ("GET", "/leads"),
        ("POST", "/leads"),
        ("POST", "/launch"),
        ("POST", "/pause"),
    ],
)
def test_outsiders_find_nothing(call, cast, campaign_id, method, tail):
    answer = call(cast.charlie, method, f"/api/campaign/{campaign_id}{tail}", {})
    assert answer.status_code == 404
    assert answer.get_json() == {"message": "Not found."}


def test_naming_anothers_workspace_does_not_help(call, cast, campaign_id):
    headers = {"X-Workspace-Id": str(cast.acme.id)}
    path = f"/api/campaign/{campaign_id}"
    assert call(cast.charlie, "GET", path, headers=headers).status_code == 404


def test_viewers_may_look_but_not_touch(call, cast, campaign_id):
    path = f"/api/campaign/{campaign_id}"
    assert call(cast.vera, "GET", path).status_code == 200
    assert call(cast.vera, "PUT", path, {}).status_code == 403
    assert call(cast.vera, "POST", f"{path}/launch").status_code == 403


def test_sequence_is_replaced_as_a_whole(call, cast, campaign_id):
    path = f"/api/campaign/{campaign_id}/sequence"
    before = call(cast.alice, "GET", path).get_json()["data"]
    steps = [
        {"subject": "Hi {{first_name | default: 'there'}}", "body_html": "<p>One</p>"},
        {"subject": "", "body_html": "<p>Two</p>", "delay_amount": 2, "delay_unit": "hours"},
        {"body_html": "<p>Three</p>", "delay_amount": 3},
    ]
    after = call(cast.alice, "PUT", path, {"steps": steps}).get_json()["data"]
    assert [step["position"] for step in after] == [1, 2, 3]
    assert [step["id"] for step in after][:2] == [step["id"] for step in before]
    wrong = call(cast.alice, "PUT", path, {"steps": [{"delay_unit": "weeks"}]})
    assert wrong.get_json()["errors"] == {
        "steps.0.delay_unit": ["The selected steps.0.delay_unit is invalid."]
    }


def test_preview_of_a_step_for_a_lead(call, cast, campaign_id):
    path = f"/api/campaign/{campaign_id}"
    text = "Hi {{first_name | default: 'there'}}"
    steps = [{"subject": text, "body_html": "<p>{{company}}</p>"}, {"body_html": "<p>Two</p>"}]
    first, second = call(cast.alice, "PUT", f"{path}/sequence", steps).get_json()["data"]
    nobody = call(cast.vera, "GET", f"{path}/preview").get_json()["data"]
    assert (nobody["step_id"], nobody["lead_id"]) == (first["id"], None)
    assert (nobody["subject"], nobody["missing"]) == ("Hi there", ["company"])
    leads = [{"email": f"{name}@example.test", "first_name": name} for name in ("ada", "grace")]
    call(cast.alice, "POST", f"{path}/leads", leads)
    rows = call(cast.alice, "GET", f"{path}/leads").get_json()["data"]
    assert call(cast.vera, "GET", f"{path}/preview").get_json()["data"]["subject"] == "Hi ada"
    query = f"step_id={second['id']}&lead_id={rows[1]['lead_id']}"
    shown = call(cast.vera, "GET", f"{path}/preview?{query}").get_json()["data"]
    assert (shown["step_id"], shown["lead_id"]) == (second["id"], rows[1]["lead_id"])
    assert (shown["subject"], shown["text"].strip()) == ("Re: Hi grace", "Two")
    assert "<p>Two</p>" in shown["html"]
    assert shown["problem"] is None


def test_previews_are_of_the_campaigns_own_steps_and_leads(call, cast, campaign_id):
    with workspace_context(cast.acme.id):
        other = make_campaign(steps=1)
        query = f"step_id={other.steps[0].id}&lead_id={make_campaign_lead(other).lead_id}"
        db.session.commit()
    answer = call(cast.vera, "GET", f"/api/campaign/{campaign_id}/preview?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {"step_id": ["The selected step id is invalid."]}
    query = query.partition("&")[2]
    answer = call(cast.vera, "GET", f"/api/campaign/{campaign_id}/preview?{query}")
    assert answer.get_json()["errors"] == {"lead_id": ["The selected lead id is invalid."]}


def test_schedule(call, cast, campaign_id):
    path = f"/api/campaign/{campaign_id}/schedule"
    given = {
        "time_zone": "Europe/Berlin",
        "windows": [{"weekday": 0, "start": "08:30", "end": "17:00"}],
        "daily_cap": 50,
    }
    body = call(cast.alice, "PUT", path, given).get_json()["data"]
    assert body["windows"] == [{"weekday": 0, "start": "08:30", "end": "17:00"}]
    assert body["time_zone"] == "Europe/Berlin"
    assert call(cast.alice, "PUT", path, {"windows": []}).status_code == 422


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        (
            {"starts_on": "2026-12-02", "ends_on": "2026-12-01", "always_open": True},
            {"ends_on": "The ends on field must be a date after or equal to starts on."},
        ),
        (
            {"windows": [{"weekday": 0, "start": "9 o'clock", "end": "17:00"}]},
            {"windows.0.start": "The windows.0.start field must match the format H:i."},
        ),
        (
            {"windows": [{"weekday": 0, "start": "09:00", "end": "08:00"}]},
            {"windows.0.end": "The windows.0.end field must be a date after windows.0.start."},
        ),
        (
            {"windows": [{"weekday": 7, "start": "09:00", "end": "25:00"}, {"weekday": 1}]},
            {
                "windows.0.weekday": "The windows.0.weekday field must not be greater than 6.",
                "windows.1.start": "The windows.1.start field is required.",
                "windows.0.end": "The windows.0.end field must match the format H:i.",
                "windows.1.end": "The windows.1.end field is required.",
            },
        ),
        ({"windows": "always"}, {"windows": "The windows field must be an array."}),
        (
            {"starts_on": "1999-12-31", "ends_on": "2201-01-01", "always_open": True},
            {
                "starts_on": "The starts on field must be a date after or equal to 2000-01-01.",
                "ends_on": "The ends on field must be a date before or equal to 2200-12-31.",
            },
        ),
    ],
)
def test_a_schedule_is_refused_field_by_field(call, cast, campaign_id, given, errors):
    answer = call(cast.alice, "PUT", f"/api/campaign/{campaign_id}/schedule", given)
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"].items()) == [(k, [v]) for k, v in errors.items()]


def test_the_schedule_that_is_read_can_be_written(call, cast, campaign_id):
    path = f"/api/campaign/{campaign_id}/schedule"
    late = {"windows": [{"weekday": 6, "start": "20:00", "end": "00:00"}]}
    read = call(cast.alice, "PUT", path, late).get_json()["data"]
    assert read["windows"] == [{"weekday": 6, "start": "20:00", "end": "00:00"}]
    again = call(cast.alice, "PUT", path, {"windows": read["windows"]}).get_json()["data"]
    assert again == {**read, "time_zone": "UTC"}


def test_leads_as_an_array(call, cast, campaign_id):
    path = f"/api/campaign/{campaign_id}/leads"
    leads = [{"email": "Ada@Example.test", "first_name": "Ada"}, {"email": "grace@example.test"}]
    first = call(cast.alice, "POST", path, leads)
    assert first.status_code == 200, first.text
    assert first.get_json()["data"]["enrolled"] == 2
    again = call(cast.alice, "POST", path, leads).get_json()["data"]
    assert again["enrolled"] == 0
    assert again["already_in_campaign"] == 2
    rows = call(cast.alice, "GET", path).get_json()
    assert [row["email"] for row in rows["data"]] == ["ada@example.test", "grace@example.test"]
    assert rows["meta"]["next_cursor"] is None
    too_many = [{"email": f"l{n}@example.test"} for n in range(1001)]
    assert call(cast.alice, "POST", path, too_many).get_json()["errors"] == {
        "leads": ["The leads field must not have more than 1000 items."]
    }


def test_foreign_leads_cannot_be_removed(call, cast, campaign_id):
    with workspace_context(cast.other.id):
        foreign = make_campaign_lead(make_campaign()).id
        db.session.commit()
    path = f"/api/campaign/{campaign_id}/leads"
    assert call(cast.alice, "DELETE", path, {"ids": [foreign]}).status_code == 204
    with workspace_context(cast.other.id):
        assert db.session.get(CampaignLead, foreign) is not None


def test_upload_names_only_own_campaigns(call, cast, campaign_id):
    def upload(user, number):
        data = {"file": (io.BytesIO(b"email,name\nada@example.test,Ada\n"), "a.csv")}
        return call(user, "POST", "/api/lead/import", data={**data, "campaign_id": str(number)})

    own = upload(cast.alice, campaign_id)
    assert own.status_code == 201, own.text
    assert own.get_json()["data"]["state"] == "uploaded"
    assert upload(cast.charlie, campaign_id).status_code == 404
    missing = call(cast.alice, "POST", "/api/lead/import", data={})
    assert missing.get_json()["errors"] == {"file": ["The file field is required."]}


def test_launch_says_what_is_missing_then_launches_once(call, cast, campaign_id):
    path = f"/api/campaign/{campaign_id}"
    refused = call(cast.alice, "POST", f"{path}/launch")
    assert refused.status_code == 422
    assert refused.get_json()["errors"]["campaign"]
    call(cast.alice, "POST", f"{path}/leads", [{"email": "ada@example.test"}])
    assert call(cast.alice, "POST", f"{path}/launch").get_json()["data"]["status"] == "active"
    assert call(cast.alice, "POST", f"{path}/launch").get_json()["data"]["status"] == "active"
    with workspace_context(cast.acme.id):
        assert db.session.scalar(sa.select(Campaign.launched_at)) is not None
    assert call(cast.alice, "POST", f"{path}/pause").get_json()["data"]["status"] == "paused"
    assert call(cast.alice, "POST", f"{path}/resume").get_json()["data"]["status"] == "active"
    status = call(cast.alice, "GET", f"{path}/sending-status").get_json()["data"]
    assert status["sentence"]
