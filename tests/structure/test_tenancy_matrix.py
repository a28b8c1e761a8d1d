"""Every workspace route, asked by an outsider (404), a viewer (403 on writes) and a stranger.

Generated from the URL map, so a new route is in the matrix the moment it exists.
"""

import re

from app.core.permissions import access_of

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# Permissions a viewer holds (docs/security.md); everything else must be refused.
VIEWER_MAY = re.compile(r"\.view$")
# Writes that are everybody's own business, by rule.
OWN_BUSINESS = {"/w/<slug>/settings/leave"}


def workspace_rules(app):
    """(rule, method, permission) of every page route under /w/<slug>."""
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/w/<slug>"):
            continue
        kind, permission = access_of(app.view_functions[rule.endpoint])
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield rule, method, kind, permission


def api_rules(app):
    """(rule, method, kind, permission) of every route of the JSON door that needs a workspace."""
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("api."):
            continue
        kind, permission = access_of(app.view_functions[rule.endpoint])
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield rule, method, kind, permission


def path_of(rule, slug: str) -> str:
    """An address of the rule, with ids that exist for nobody."""
    path = rule.rule.replace("<slug>", slug)
    path = re.sub(r"<int:[^>]+>", "987654321", path)
    path = re.sub(r"<any\(\W*(\w+)[^>]*>", r"\1", path)
    return re.sub(r"<(?:[^:>]+:)?[^>]+>", "nothing", path)


def test_there_is_something_to_test(app):
    assert len(list(workspace_rules(app))) > 40


def test_every_workspace_page_needs_a_permission(app):
    open_doors = [
        f"{method} {rule.rule}"
        for rule, method, kind, permission in workspace_rules(app)
        if kind != "workspace" or not permission
    ]
    assert not open_doors, open_doors


def test_outsiders_find_nothing(app, cast, ask):
    wrong = [
        (method, rule.rule, status)
        for rule, method, _kind, _permission in workspace_rules(app)
        if (status := ask(cast.charlie, method, path_of(rule, "acme")).status_code) != 404
    ]
    assert not wrong, wrong


def test_strangers_are_asked_to_sign_in(app, cast, ask):
    wrong = [
        (method, rule.rule, response.status_code)
        for rule, method, _kind, _permission in workspace_rules(app)
        if (response := ask(None, method, path_of(rule, "acme"))).status_code not in {302, 303, 401}
    ]
    assert not wrong, wrong


def test_viewers_may_not_write(app, cast, ask):
    wrong = [
        (method, rule.rule, status)
        for rule, method, _kind, permission in workspace_rules(app)
        if method in UNSAFE
        and not VIEWER_MAY.search(permission)
        and (status := ask(cast.vera, method, path_of(rule, "acme")).status_code) != 403
    ]
    assert not wrong, wrong


def test_writes_need_more_than_a_viewers_permission(app):
    """A POST guarded by a `.view` permission would be open to viewers."""
    weak = [
        f"{method} {rule.rule}"
        for rule, method, _kind, permission in workspace_rules(app)
        if method in UNSAFE and VIEWER_MAY.search(permission) and rule.rule not in OWN_BUSINESS
    ]
    assert not weak, weak


def test_the_json_door_is_closed_to_strangers(app, cast, ask):
    wrong = [
        (method, rule.rule, status)
        for rule, method, kind, _permission in api_rules(app)
        if kind != "public"
        and (status := ask(None, method, path_of(rule, "acme")).status_code) != 401
    ]
    assert not wrong, wrong
