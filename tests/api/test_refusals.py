"""What every endpoint says to people it is not for, and to input it cannot take."""

import io

import pytest

from app.core.db import db
from app.core.tenancy import workspace_context
from tests.factories.everything import make_everything
from tests.structure.paths import fill, methods


@pytest.fixture
def ids(cast):
    with workspace_context(cast.acme.id):
        made = make_everything(cast.acme.id, owner=cast.alice, guest=cast.bob)
        db.session.commit()
    return made


@pytest.fixture(autouse=True)
def many_calls(app):
    app.config["API_RATE_PER_MINUTE"] = 10_000
    yield
    app.config["API_RATE_PER_MINUTE"] = 60


def test_every_endpoint_asks_who_is_there(app, client, cast, ids):
    """401 comes before 404, 403 and 422, with Laravel's words."""
    asked = 0
    for rule in app.url_map.iter_rules():
        kind, _permission = getattr(app.view_functions[rule.endpoint], "access", ("public", None))
        if not rule.endpoint.startswith("api.") or kind == "public":
            continue
        for method in methods(rule):
            path = fill(rule, {**ids, "session_id": 1, "token": "x"})
            answer = client.open(path, method=method, json={})
            assert answer.status_code == 401, (method, path)
            assert answer.get_json() == {"message": "Unauthenticated."}
            asked += 1
    assert asked > 45


REQUIRED = {
    ("POST", "/api/campaign"): ["name"],
    ("PUT", "/api/campaign/{campaign_id}"): ["name"],
    ("PUT", "/api/campaign/{campaign_id}/sequence"): ["steps"],
    ("PUT", "/api/campaign/{campaign_id}/settings"): ["name"],
    ("POST", "/api/campaign/{campaign_id}/leads"): ["leads"],
    ("DELETE", "/api/campaign/{campaign_id}/leads"): ["ids"],
    ("POST", "/api/campaign/{campaign_id}/test-send"): ["email", "step_id"],
    ("POST", "/api/lead"): ["email"],
    ("POST", "/api/lead/import"): ["file"],
    ("POST", "/api/account"): ["imap_host", "smtp_host", "password", "email"],
    ("POST", "/api/account/discover"): ["email"],
    ("POST", "/api/mailhub/messages"): ["body", "thread_id"],
    ("POST", "/api/mailhub/threads/bulk"): ["ids", "verb"],
    ("POST", "/api/workspace"): ["name"],
    ("PUT", "/api/workspace/{workspace_id}"): ["name", "time_zone"],
    ("POST", "/api/workspace/{workspace_id}/invitations"): ["email"],
    ("PUT", "/api/workspace/{workspace_id}/users/{user_id}"): ["role"],
    ("POST", "/api/auth/login"): ["email", "password"],
    ("POST", "/api/auth/register"): ["email", "password"],
    ("POST", "/api/auth/refresh"): ["refresh_token"],
    ("POST", "/api/auth/forgot-password"): ["email"],
    ("POST", "/api/auth/email/verify"): ["token"],
}


@pytest.mark.parametrize(("route", "names"), REQUIRED.items(), ids=str)
def test_an_empty_body_is_told_what_is_missing(call, cast, ids, route, names):
    method, path = route
    answer = call(cast.alice, method, path.format(**ids), {})
    assert answer.status_code == 422, answer.text
    said = {name: [f"The {name.replace('_', ' ')} field is required."] for name in names}
    more = len(names) - 1
    suffix = f" (and {more} more error{'s' * (more > 1)})" if more else ""
    assert answer.get_json() == {
        "message": f"The {names[0].replace('_', ' ')} field is required.{suffix}",
        "errors": said,
    }


@pytest.mark.parametrize(
    ("method", "path", "given", "errors"),
    [
        ("POST", "/campaign", {"name": ["x"]}, {"name": ["The name field must be a string."]}),
        (
            "POST",
            "/campaign",
            {"name": "x" * 201},
            {"name": ["The name field must not be greater than 200 characters."]},
        ),
        (
            "PUT",
            "/campaign/{campaign_id}/sequence",
            {"steps": "x"},
            {"steps": ["The steps field must be an array."]},
        ),
        (
            "PUT",
            "/campaign/{campaign_id}/schedule",
            {"time_zone": "Mars", "daily_cap": "many", "starts_on": "2026-13-01"},
            {
                "time_zone": ["The selected time zone is invalid."],
                "starts_on": ["The starts on field must be a valid date."],
                "daily_cap": ["The daily cap field must be an integer."],
            },
        ),
        (
            "PUT",
            "/campaign/{campaign_id}/settings",
            {"name": "n", "account_ids": "1,2", "track_opens": "true"},
            {
                "account_ids": ["The account ids field must be an array."],
                "track_opens": ["The track opens field must be true or false."],
            },
        ),
        (
            "POST",
            "/campaign/{campaign_id}/leads",
            [{"email": "x"}, 5],
            {
                "leads.1": ["The leads.1 field must be an array."],
                "leads.0.email": ["The leads.0.email field must be a valid email address."],
            },
        ),
        ("POST", "/lead", {"email": "x"}, {"email": ["The email field must be a valid email address."]}),
        ("POST", "/lead/import", {"file": "x"}, {"file": ["The file field must be a file."]}),
        (
            "POST",
            "/mailhub/threads/bulk",
            {"ids": [0], "verb": "burn"},
            {"ids.0": ["The ids.0 field must be at least 1."], "verb": ["The selected verb is invalid."]},
        ),
        (
            "GET",
            "/mailhub/threads?box=moon&unread=true",
            None,
            {
                "box": ["The selected box is invalid."],
                "unread": ["The unread field must be true or false."],
            },
        ),
        (
            "PUT",
            "/workspace/{workspace_id}/users/{user_id}",
            {"role": "king"},
            {"role": ["The selected role is invalid."]},
        ),
    ],
)  # fmt: skip
def test_wrong_types_are_told_in_laravels_words(call, cast, ids, method, path, given, errors):
    answer = call(cast.alice, method, "/api" + path.format(**ids), given)
    assert answer.status_code == 422, answer.text
    body = answer.get_json()
    assert body["errors"] == errors
    assert body["message"].startswith(next(iter(errors.values()))[0])


def test_a_rule_over_several_fields_is_reported_under_form(call, cast, ids):
    path = f"/api/campaign/{ids['campaign_id']}/schedule"
    answer = call(cast.alice, "PUT", path, {"windows": []})
    assert list(answer.get_json()["errors"]) == ["form"]


def test_a_file_over_the_limit(app, call, cast):
    """413 with a sentence, in JSON."""
    before = app.config["MAX_CONTENT_LENGTH"]
    app.config["MAX_CONTENT_LENGTH"] = 1000
    try:
        data = {"file": (io.BytesIO(b"x" * 5000), "list.csv")}
        answer = call(cast.alice, "POST", "/api/lead/import", data=data)
    finally:
        app.config["MAX_CONTENT_LENGTH"] = before
    assert answer.status_code == 413
    assert answer.get_json() == {"message": "The posted data is too large."}


def test_login_is_throttled_with_the_seconds_to_wait(app, client, cast):
    db.session.commit()
    given = {"email": "alice@acme.test", "password": "wrong"}
    answers = [client.post("/api/auth/login", json=given) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert isinstance(answers[-1].get_json()["message"], str)
