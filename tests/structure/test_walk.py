"""The walk over every page in a browser leaves none out."""

from tests.browser.walk import EMPTY, ERRORS, INSIDE, NOT_WALKED, OUTSIDE, REFUSED
from tests.structure.paths import methods

PLACES = {
    "w": "/w/acme",
    "empty": "/w/empty",
    "campaign": "/w/acme/campaigns/1",
    "draft": "/w/acme/campaigns/2",
    "step": "1",
    "account": "1",
    "mail": "1",
    "member": "1",
    "mapping": "/w/acme/leads/imports/1",
    "report": "/w/acme/leads/imports/2",
    "thread": "/w/acme/mailhub/threads/1",
    "unsubscribe": "/u/token",
    "invitation": "/invitations/token",
    "reset": "/auth/forgot-password/token",
    "verify": "/auth/verify/token",
}


def walked(app) -> set[str]:
    """Endpoints of the pages gone to that are there."""
    adapter = app.url_map.bind("localhost")
    pages = {**OUTSIDE, **INSIDE, **EMPTY}
    found = {name: page for name, page in pages.items() if name not in REFUSED} | ERRORS
    paths = [page.format(**PLACES) for page in found.values()]
    return {adapter.match(path.partition("?")[0])[0] for path in paths}


def left_out(endpoint: str) -> bool:
    return any(endpoint == name or endpoint.startswith(name) for name in NOT_WALKED)


def test_every_page_is_walked_or_left_out_for_a_reason(app):
    seen = walked(app)
    forgotten = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in methods(rule) and rule.endpoint not in seen and not left_out(rule.endpoint)
    }
    assert not forgotten, f"add them to tests/browser/walk.py: {sorted(forgotten)}"


def test_what_is_left_out_is_there_and_not_walked(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in methods(rule)}
    assert [name for name in NOT_WALKED if not any(e.startswith(name) for e in endpoints)] == []
    assert [endpoint for endpoint in walked(app) if left_out(endpoint)] == []
