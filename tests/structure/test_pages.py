"""Every page there is, with real rows behind it: it answers, and what it sends is sound HTML."""

import pytest
from bs4 import BeautifulSoup

from app.core.permissions import access_of
from tests.pages import check_page
from tests.structure.paths import fill, methods

# Foreign software behind /admin/rq has tests of its own in tests/admin; files are no pages.
NOT_OURS = ("/admin/rq", "/static", "/assets", "/t/")
# Each of these answers with something other than 200, and says why.
OTHERWISE = {
    "home.show_front": 302,  # to the dashboard
    "auth.show_login": 302,  # signed in already
    "auth.show_signup": 302,
    "workspaces.show_settings": 302,  # to its first tab
    "auth.show_verify": 404,  # the token is none
    "auth.show_reset": 404,
    "workspaces.show_invitation": 404,
    "tracking.show_unsubscribe": 404,
    "styleguide.show_error": 404,  # the error that was asked for
}


@pytest.fixture
def values(ids):
    return {**ids, "slug": "acme", "token": "nothing", "rest": "", "status": 404}


def page_rules(app):
    for rule in app.url_map.iter_rules():
        if "GET" in methods(rule) and not rule.rule.startswith((*NOT_OURS, "/api", "/oauth")):
            yield rule


def wanted(rule) -> int:
    return 302 if rule.endpoint.startswith("web.short_") else OTHERWISE.get(rule.endpoint, 200)


def test_there_is_something_to_test(app):
    assert len(list(page_rules(app))) > 50


def test_every_page_answers_with_sound_html(app, cast, ask, values, sandbox):
    cast.alice.is_installation_admin = True
    problems = []
    for rule in page_rules(app):
        response = ask(cast.alice, "GET", fill(rule, values))
        if response.status_code != wanted(rule):
            problems.append((rule.endpoint, response.status_code))
        elif response.mimetype == "text/html" and response.status_code != 302:
            problems += [(rule.endpoint, words) for words in unsound(response.text)]
    assert not problems, "\n".join(map(str, problems))


def unsound(html: str) -> list[str]:
    """What is wrong with a page; a fragment or a mail's body is no page."""
    soup = BeautifulSoup(html, "html.parser")
    if soup.find("html") is None or soup.find("link", rel="stylesheet") is None:
        return []
    try:
        check_page(soup)
    except AssertionError as error:
        return [str(error).splitlines()[0]]
    return []


def test_pages_for_people_signed_out(app, ask, values):
    """The same addresses, asked by nobody: a page, or the way to sign in."""
    wrong = []
    for rule in page_rules(app):
        answer = ask(None, "GET", fill(rule, values))
        kind, _permission = access_of(app.view_functions[rule.endpoint]) or ("public", None)
        fine = {200, 302, 404, 410} if kind == "public" else {302}
        if answer.status_code not in fine:
            wrong.append((rule.rule, answer.status_code))
    assert not wrong, wrong


def test_links_on_pages_lead_somewhere(app, cast, ask, values, sandbox):
    """Every link and form of every page names a route that takes the method."""
    adapter, dead = app.url_map.bind("localhost"), []
    for rule in page_rules(app):
        if wanted(rule) != 200 or rule.endpoint.startswith("styleguide."):
            continue
        response = ask(cast.alice, "GET", fill(rule, values))
        if response.mimetype != "text/html":
            continue
        for method, address in named(BeautifulSoup(response.text, "html.parser")):
            path = address.partition("?")[0].partition("#")[0]
            if path.startswith("/") and not adapter.test(path, method):
                dead.append((rule.endpoint, method, address))
    assert not dead, dead


def named(soup):
    """(method, address) of every link, form and htmx request."""
    for link in soup.select("a[href]"):
        yield "GET", link["href"]
    for form in soup.select("form[action]"):
        yield form.get("method", "get").upper(), form["action"]
    for method in ("get", "post"):
        for element in soup.select(f"[hx-{method}]"):
            yield method.upper(), element[f"hx-{method}"]
