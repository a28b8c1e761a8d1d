"""Accounts through the JSON door."""

import pytest

from app.core.db import db
from app.core.tenancy import workspace_context
from tests.factories import make_account


@pytest.fixture
def account_id(cast):
    with workspace_context(cast.acme.id):
        account = make_account("sam@sandbox.test")
        db.session.commit()
        return account.id


def test_list(call, cast, account_id):
    body = call(cast.alice, "GET", "/api/account").get_json()
    assert [row["email"] for row in body["data"]] == ["sam@sandbox.test"]
    assert body["meta"]["total"] == 1
    assert "secret" not in str(body)
    assert "credentials" not in body["data"][0]


def test_outsiders_and_viewers(call, cast, account_id):
    path = f"/api/account/{account_id}"
    assert call(cast.charlie, "GET", path).status_code == 404
    assert call(cast.vera, "GET", path).status_code == 200
    assert call(cast.vera, "DELETE", path).status_code == 403
    refused = call(cast.vera, "POST", f"{path}/pause")
    assert refused.get_json() == {"message": "This action is unauthorized."}


def test_pause_resume_remove(call, cast, account_id):
    path = f"/api/account/{account_id}"
    assert call(cast.alice, "POST", f"{path}/pause").get_json()["data"]["status"] == "paused"
    assert call(cast.alice, "POST", f"{path}/resume").get_json()["data"]["status"] == "connected"
    assert call(cast.alice, "DELETE", path).status_code == 204
    assert call(cast.alice, "GET", path).status_code == 404


def test_settings_are_checked(call, cast, account_id):
    answer = call(cast.alice, "PUT", f"/api/account/{account_id}", {"daily_limit": 0})
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {
        "daily_limit": ["The daily limit field must be at least 1."]
    }


def test_what_is_not_named_stays(call, cast, account_id):
    path = f"/api/account/{account_id}"
    whole = {
        "daily_limit": 40,
        "ramp_enabled": True,
        "gap_minutes": 2.5,
        "sent_copy": "provider",
        "signature_html": "<p>Sam</p>",
        "time_zone": "Europe/Berlin",
    }
    before = call(cast.alice, "PUT", path, whole).get_json()["data"]
    after = call(cast.alice, "PUT", path, {"daily_limit": 50}).get_json()["data"]
    ignored = {"daily_limit", "allowed_today", "updated_at"}
    assert {k: v for k, v in before.items() if k not in ignored} == {
        k: v for k, v in after.items() if k not in ignored
    }
    assert after["daily_limit"] == 50
    cleared = call(cast.alice, "PUT", path, {"signature_html": ""}).get_json()["data"]
    assert (cleared["signature_html"], cleared["daily_limit"]) == ("", 50)


def test_servers_that_do_not_answer_are_said(call, cast):
    given = {
        "email": "sam@sandbox.test",
        "imap_host": "127.0.0.1",
        "smtp_host": "127.0.0.1",
        "password": "x",
    }
    answer = call(cast.alice, "POST", "/api/account", given)
    assert answer.status_code == 422
    assert answer.get_json()["errors"]
