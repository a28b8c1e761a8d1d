"""Ids that stand in a body and belong to another workspace are refused, or are not there."""

import io

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.tenancy import workspace_context
from app.models import CampaignAccount, CampaignLead, Lead, LeadImport, Outbox, Thread


@pytest.fixture
def put(call, cast, ids):
    """Alice asks the JSON door about Acme's campaign."""

    def ask(method, tail, body):
        return call(cast.alice, method, f"/api/campaign/{ids['campaign_id']}{tail}", json=body)

    return ask


def senders(cast, ids):
    with workspace_context(cast.acme.id):
        statement = sa.select(CampaignAccount.account_id).where(
            CampaignAccount.campaign_id == ids["campaign_id"]
        )
        return set(db.session.scalars(statement))


def test_accounts_of_others_never_become_senders(cast, ids, theirs, put):
    put("PUT", "/settings", {"name": "x", "account_ids": [ids["account_id"], theirs["account_id"]]})
    assert senders(cast, ids) == {ids["account_id"]}


def test_nor_through_the_page(cast, ids, theirs, ask):
    path = f"/w/acme/campaigns/{ids['campaign_id']}/settings"
    ask(
        cast.alice,
        "POST",
        path,
        data={"name": "x", "account_ids": [ids["account_id"], theirs["account_id"]]},
    )
    assert senders(cast, ids) == {ids["account_id"]}


def test_entries_of_others_stay(cast, theirs, put):
    assert put("DELETE", "/leads", {"ids": [theirs["entry_id"]]}).status_code == 204
    with workspace_context(cast.other.id):
        assert db.session.get(CampaignLead, theirs["entry_id"]) is not None


@pytest.mark.parametrize("verb", ["pause", "resume", "stop", "delete"])
def test_entries_of_others_stay_through_the_page(cast, ids, theirs, ask, verb):
    with workspace_context(cast.other.id):
        before = db.session.get(CampaignLead, theirs["entry_id"]).state
    path = f"/w/acme/campaigns/{ids['campaign_id']}/leads/{verb}"
    answer = ask(cast.alice, "POST", path, data={"ids": [theirs["entry_id"]]})
    assert answer.status_code < 500
    with workspace_context(cast.other.id):
        assert db.session.get(CampaignLead, theirs["entry_id"]).state == before


def test_tests_name_only_ones_own_steps(put, ids, theirs):
    given = {"email": "me@example.test", "step_id": theirs["step_id"]}
    assert put("POST", "/test-send", given).status_code == 404


def test_tests_leave_from_ones_own_account_with_ones_own_lead(cast, put, ids, theirs):
    """Foreign ids count as not given."""
    with workspace_context(cast.other.id):
        db.session.get(Lead, theirs["lead_id"]).first_name = "Secret"
        db.session.commit()
    foreign = {name: theirs[name] for name in ("lead_id", "account_id")}
    given = {"email": "me@example.test", "step_id": ids["step_id"], **foreign}
    assert put("POST", "/test-send", given).status_code == 202
    with workspace_context(cast.acme.id):
        row = db.session.scalars(sa.select(Outbox).where(Outbox.to_email == given["email"])).one()
        assert row.account_id == ids["account_id"]
        assert "Secret" not in row.subject + row.body_html


def test_steps_cannot_be_ordered_across_workspaces(cast, ids, theirs, ask):
    path = f"/w/acme/campaigns/{ids['campaign_id']}/steps/order"
    answer = ask(cast.alice, "POST", path, data={"step": [theirs["step_id"], ids["step_id"]]})
    assert answer.status_code in {303, 400, 404, 409, 422}


def test_conversations_of_others_are_left_alone(cast, theirs, call, ask):
    given = {"ids": [theirs["thread_id"]], "verb": "archive"}
    answer = call(cast.alice, "POST", "/api/mailhub/threads/bulk", json=given)
    assert answer.get_json()["data"] == []
    ask(cast.alice, "POST", "/w/acme/mailhub/threads/bulk", data=given)
    ask(cast.alice, "POST", f"/w/acme/mailhub/undo/archive/{theirs['thread_id']}")
    with workspace_context(cast.other.id):
        assert db.session.get(Thread, theirs["thread_id"]).archived_at is None


def test_conversations_of_others_cannot_be_answered(cast, theirs, call):
    given = {"thread_id": theirs["thread_id"], "body": "Hello"}
    answer = call(cast.alice, "POST", "/api/mailhub/messages", json=given)
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {"thread_id": ["The selected thread id is invalid."]}


def test_filters_by_rows_of_others_show_nothing(cast, ids, theirs, call):
    for name in ("account", "campaign"):
        path = f"/api/mailhub/threads?box=all&{name}={theirs[f'{name}_id']}"
        assert call(cast.alice, "GET", path).get_json()["data"] == []


def test_lists_go_into_ones_own_campaigns_only(cast, theirs, call):
    data = {"file": (io.BytesIO(b"email\nx@example.test\n"), "a.csv")}
    answer = call(
        cast.alice,
        "POST",
        "/api/lead/import",
        data={**data, "campaign_id": str(theirs["campaign_id"])},
    )
    assert answer.status_code == 404
    with workspace_context(cast.other.id):
        assert db.session.scalar(sa.select(sa.func.count(LeadImport.id))) == 1


def test_the_workspace_of_a_body_must_be_ones_own(cast, call):
    given = {"name": "Mine", "workspace_id": cast.other.id}
    assert call(cast.alice, "POST", "/api/campaign", json=given).status_code == 404
    assert call(cast.alice, "GET", f"/api/campaign?workspace_id={cast.other.id}").status_code == 404


@pytest.mark.parametrize("odd", ["\u00b2", "abc", "-1", "9" * 30, "1,2"])
def test_odd_workspaces_are_not_there(cast, call, odd):
    answer = call(cast.alice, "GET", "/api/campaign", headers={"X-Workspace-Id": odd})
    assert answer.status_code == 404


def test_odd_ids_are_not_there(cast, call):
    assert call(cast.alice, "GET", f"/api/campaign/{9**30}").status_code == 404
