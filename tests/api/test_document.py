"""The OpenAPI document: sound by itself, and true about what is really answered."""

import json
import re
from typing import get_args, get_origin, get_type_hints

import pytest
from apispec import APISpec
from flask import Response
from pydantic import TypeAdapter, create_model

from app.api import openapi
from app.api.door import TABLE, Continued, Numbered, Plain
from app.core.db import db
from app.core.tenancy import workspace_context
from tests.factories.everything import make_everything

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(client, app):
    return client.get("/api/openapi.json").get_json()


def operations(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def test_it_is_the_version_it_says(document):
    assert document["openapi"] == "3.1.0"
    assert set(document) <= {
        "openapi",
        "info",
        "servers",
        "security",
        "paths",
        "components",
        "tags",
    }
    assert {"title", "version"} <= set(document["info"])


def test_every_endpoint_is_in_it(document):
    wanted = {
        (re.sub(r"<(?:int:)?(\w+)>", r"{\1}", line.prefix + line.path), line.method.lower())
        for line in TABLE
    }
    assert {(path, method) for path, method, _ in operations(document)} == wanted


def test_operations_are_whole(document):
    names = []
    for path, method, operation in operations(document):
        assert method in METHODS
        names.append(operation["operationId"])
        assert operation["summary"], operation["operationId"]
        assert operation["responses"], operation["operationId"]
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[2-5]\d\d", status)
            assert response["description"]
        in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        given = [(p["in"], p["name"]) for p in operation["parameters"]]
        assert len(given) == len(set(given)), operation["operationId"]
        assert method != "get" or "requestBody" not in operation
    assert len(names) == len(set(names))


def test_every_reference_leads_to_a_schema(document):
    found = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert found <= set(document["components"]["schemas"])
    assert {"CampaignJson", "ThreadJson", "AccountJson", "LeadJson"} <= found


def test_nearly_every_answer_is_described(document):
    vague = [
        operation["operationId"]
        for _path, _method, operation in operations(document)
        for status, response in operation["responses"].items()
        if status in {"200", "201", "202"}
        and response["content"].get("application/json") == {"schema": {"type": "object"}}
    ]
    assert set(vague) <= {
        "auth_forgot_password",
        "auth_reset_password",
        "auth_resend_verification",
        "campaign_test_send",
    }


def test_a_body_is_needed_where_something_in_it_is(document):
    bodies = {
        (path, method): operation["requestBody"]
        for path, method, operation in operations(document)
        if "requestBody" in operation
    }
    assert bodies["/api/campaign", "post"]["required"]
    assert not bodies["/api/account/{account_id}", "put"]["required"]
    assert "required" not in document["components"]["schemas"]["AccountSettingsInput"]


def test_shapes_of_one_name_are_one_shape(app, document):
    body = document["components"]["schemas"]["SettingsInput"]["properties"]
    assert "account_ids" in body  # of campaigns: those of accounts are called otherwise
    namesake = create_model("SettingsInput", other=(int, 1))
    spec = APISpec("x", "1", "3.1.0")
    known = {"SettingsInput": {"properties": body}}
    with pytest.raises(ValueError, match="two shapes are called SettingsInput"):
        openapi._component(spec, namesake, known)


@pytest.mark.parametrize(
    ("path", "envelope", "query"),
    [
        ("/api/campaign", "NumberedPage", ["page", "per_page"]),
        ("/api/lead", "LongPage", ["page", "per_page", "cursor"]),
        ("/api/mailhub/threads", "LongPage", ["page", "per_page", "cursor"]),
    ],
)
def test_lists_say_how_they_are_paged(document, path, envelope, query):
    operation = document["paths"][path]["get"]
    named = [p["name"] for p in operation["parameters"] if p["in"] == "query"]
    assert named[-len(query) :] == query
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["allOf"][0] == {"$ref": f"#/components/schemas/{envelope}"}


def test_downloads_are_bytes(document):
    path = "/api/mailhub/messages/{message_id}/attachments/{part}"
    operation = document["paths"][path]["get"]
    assert list(operation["responses"]["200"]["content"]) == ["application/octet-stream"]
    kinds = {p["name"]: p["schema"]["type"] for p in operation["parameters"]}
    assert (kinds["message_id"], kinds["part"]) == ("integer", "string")


def test_uploads_are_multipart(document):
    body = document["paths"]["/api/lead/import"]["post"]["requestBody"]
    assert list(body["content"]) == ["multipart/form-data"]


def test_what_is_read_has_the_shape_that_is_promised(app, call, cast):
    app.config["API_RATE_PER_MINUTE"] = 10_000
    with workspace_context(cast.acme.id):
        ids = make_everything(cast.acme.id, owner=cast.alice, guest=cast.bob)
        db.session.commit()
    reads = [line for line in TABLE if line.method == "GET" and line.guard != "public"]
    assert len(reads) > 18
    for line in reads:
        check_read(call, cast.alice, line, ids)
    app.config["API_RATE_PER_MINUTE"] = 60


def check_read(call, user, line, ids):
    path = re.sub(r"<(?:int:)?(\w+)>", lambda found: str(ids[found[1]]), line.prefix + line.path)
    answer = call(user, "GET", path + ("?box=all" if path.endswith("/threads") else ""))
    assert answer.status_code == 200, (path, answer.text)
    body, promised = answer.get_json(silent=True), get_type_hints(line.function)["return"]
    if promised is Response:
        assert answer.mimetype == "application/octet-stream"
        return
    assert promised is not Plain
    if get_origin(promised) in {Numbered, Continued}:
        assert {"data", "links", "meta"} == set(body)
        promised = list[get_args(promised)[0]]
    elif get_origin(promised) is list:
        assert path.endswith("/sequence"), (
            f"{path}: only what is read and written whole has no pages"
        )
    if get_origin(promised) is list and "sessions" not in path:
        assert body["data"], f"{path}: a list with nothing in it shows nothing"
    TypeAdapter(promised).validate_json(json.dumps(body["data"]), extra="forbid")
