"""Every route that names something, asked with ids that really exist, by people it is not for.

Nothing may be told and nothing may change: the rows of the workspace are compared afterwards.
"""

import pytest
import sqlalchemy as sa

from app.core.db import Model, db
from app.core.permissions import access_of
from app.core.tenancy import WorkspaceOwned, workspace_context
from app.models import Invitation, Membership
from tests.structure.paths import fill, methods

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
BODY = {"name": "Taken over", "role": "viewer", "email": "x@example.test", "daily_limit": 7}


def rules(app, prefix: str):
    """(rule, method) of every route under the prefix that some permission guards."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(prefix):
            for method in methods(rule):
                yield rule, method


def page_rules(app):
    return list(rules(app, "/w/<slug>"))


def api_rules(app):
    """Routes of the JSON door whose path names a row of a workspace."""
    return [
        (rule, method)
        for rule, method in rules(app, "/api/")
        if rule.arguments - {"session_id", "token"}
    ]


def snapshot(workspace_id: int) -> dict[str, list]:
    """Every row the workspace owns, its people and invitations included."""
    owned = [m.class_ for m in Model.registry.mappers if issubclass(m.class_, WorkspaceOwned)]
    found = {}
    with workspace_context(workspace_id):
        for model in [*owned, Membership, Invitation]:
            columns = [c for c in sa.inspect(model).columns if c.name not in {"search"}]
            rows = db.session.execute(
                sa.select(*columns).where(model.workspace_id == workspace_id)
            ).all()
            found[model.__tablename__] = sorted(repr(tuple(row)) for row in rows)
    return found


@pytest.fixture
def values(ids):
    return {**ids, "slug": "acme", "ids": ids["thread_id"], "token": "nothing"}


@pytest.fixture
def unchanged(cast, ids):
    """Acme after the test is Acme before the test."""
    before = snapshot(cast.acme.id)
    yield before
    db.session.expire_all()
    assert snapshot(cast.acme.id) == before


def test_the_snapshot_holds_one_of_everything(cast, ids):
    empty = [name for name, rows in snapshot(cast.acme.id).items() if not rows]
    assert not empty, empty


def test_there_is_something_to_test(app):
    assert len(page_rules(app)) > 70
    assert len(api_rules(app)) > 35


def test_outsiders_find_no_page(app, cast, ask, values, unchanged):
    wrong = [
        (method, rule.rule, answer.status_code)
        for rule, method in page_rules(app)
        if (answer := ask(cast.charlie, method, fill(rule, values), data=BODY)).status_code != 404
    ]
    assert not wrong, wrong


def test_ids_of_another_workspace_are_not_found_in_ones_own(app, cast, ask, values, unchanged):
    """Charlie may do anything in Other, but Acme's rows are not there."""
    there = {**values, "slug": "other"}
    wrong = [
        (method, rule.rule, answer.status_code)
        for rule, method in page_rules(app)
        if rule.arguments - {"slug", "verb", "ids"}
        and (answer := ask(cast.charlie, method, fill(rule, there), data=BODY)).status_code != 404
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("named", ["none", "own", "acme"])
def test_outsiders_find_nothing_through_the_json_door(app, cast, call, values, unchanged, named):
    app.config["API_RATE_PER_MINUTE"] = 10_000
    chosen = {"own": cast.other.id, "acme": cast.acme.id}.get(named)
    headers = {"X-Workspace-Id": str(chosen)} if chosen else {}
    wrong = []
    for rule, method in api_rules(app):
        answer = call(cast.charlie, method, fill(rule, values), headers=headers, json=BODY)
        if answer.status_code != 404 or answer.get_json() != {"message": "Not found."}:
            wrong.append((method, rule.rule, answer.status_code, answer.text[:80]))
    app.config["API_RATE_PER_MINUTE"] = 60
    assert not wrong, wrong


def test_viewers_may_not_write_on_pages(app, cast, ask, values, unchanged):
    wrong = [
        (method, rule.rule, answer.status_code)
        for rule, method in page_rules(app)
        if method in UNSAFE
        and not access_of(app.view_functions[rule.endpoint])[1].endswith(".view")
        and (answer := ask(cast.vera, method, fill(rule, values), data=BODY)).status_code != 403
    ]
    assert not wrong, wrong


def test_viewers_may_not_write_through_the_json_door(app, cast, call, values, unchanged):
    app.config["API_RATE_PER_MINUTE"] = 10_000
    wrong = []
    for rule, method in api_rules(app):
        if method not in UNSAFE or rule.rule.endswith("/switch"):
            continue
        answer = call(cast.vera, method, fill(rule, values), json=BODY)
        if answer.status_code != 403:
            wrong.append((method, rule.rule, answer.status_code, answer.text[:80]))
    app.config["API_RATE_PER_MINUTE"] = 60
    assert not wrong, wrong


@pytest.mark.parametrize("who", ["alice", "vera"])
def test_ids_that_nobody_has_are_not_found_by_members(app, cast, call, values, unchanged, who):
    """404 comes before 403 and 422: each id of a path by itself, the others being real."""
    app.config["API_RATE_PER_MINUTE"] = 10_000
    wrong, asked = [], 0
    for rule, method in rules(app, "/api/"):
        for name in rule.arguments:
            path = fill(rule, {**values, "session_id": 1, name: 987654321})
            answer = call(getattr(cast, who), method, path, json={})
            asked += 1
            is_link = name == "token"  # whose answer says what to do
            if answer.status_code != 404 or not (is_link or "Not found." in answer.text):
                wrong.append((method, path, answer.status_code, answer.text[:80]))
    app.config["API_RATE_PER_MINUTE"] = 60
    assert asked > 45
    assert not wrong, wrong


def test_viewers_see_every_page_they_may_see(app, cast, ask, values, sandbox):
    """No page breaks for somebody who may only look."""
    broken = []
    for rule, method in page_rules(app):
        if method != "GET":
            continue
        permission = access_of(app.view_functions[rule.endpoint])[1]
        wanted = {200, 204, 302, 303} if permission.endswith(".view") else {403}
        answer = ask(cast.vera, "GET", fill(rule, values))
        if answer.status_code not in wanted:
            broken.append((rule.rule, answer.status_code))
    assert not broken, broken
