"""Every page one can go to, at both sizes and in both schemes: readable by all, nothing too wide,
nothing the console complains about. The pictures are there to be looked at."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.servers.installation import ROOT, Installation, until

PASSWORD = "violet harbour stone 7"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihung"
PEOPLE = f"""email,first_name,last_name,company
lang@people.sandbox.test,Friedrich-Wilhelm-Maximilian,{LONG},{LONG} GmbH
rtl@people.sandbox.test,عبد الرحمن,الخطيب,شركة النور للتجارة
plain@people.sandbox.test,Ada,Byron,Difference Engines
nobody,,,
"""
WIDE, PHONE, ZOOMED = (1440, 900), (390, 844), (720, 450)  # the last is 1440 px at 200 %

# what a visitor sees
OUTSIDE = {
    "login": "/auth/login",
    "signup": "/signup",
    "forgot": "/auth/forgot-password",
    "reset-broken": "/auth/forgot-password/nonsense",
    "verify-broken": "/auth/verify/nonsense",
    "invitation-broken": "/invitations/nonsense",
    "unsubscribe": "{unsubscribe}",
    "unsubscribe-broken": "/u/nonsense",
    "sandbox-mail-open": "/sandbox/mail",
    "not-found-outside": "/nowhere",
}
# what somebody with a running campaign sees
INSIDE = {
    "dashboard": "{w}/dashboard",
    "palette": "{w}/palette",
    "campaigns": "{w}/campaigns",
    "campaigns-nothing-found": "{w}/campaigns?q=zzz",
    "campaign-new": "{w}/campaigns/new",
    "campaign-analytics": "{campaign}/analytics",
    "campaign-people": "{campaign}",
    "campaign-sequence": "{campaign}/sequence",
    "campaign-test-mail": "{campaign}/steps/{step}/test",
    "campaign-schedule": "{campaign}/schedule",
    "campaign-settings": "{campaign}/settings",
    "draft-people": "{draft}",
    "draft-people-new": "{draft}/leads/new",
    "draft-sequence-empty": "{draft}/sequence",
    "draft-analytics-empty": "{draft}/analytics",
    "draft-launch": "{draft}/launch",
    "leads": "{w}/leads",
    "leads-nothing-found": "{w}/leads?q=zzz",
    "import-new": "{w}/leads/imports/new",
    "import-mapping": "{mapping}",
    "import-report": "{report}",
    "do-not-contact": "{w}/leads/do-not-contact",
    "accounts": "{w}/accounts",
    "account-new": "{w}/accounts/add",
    "account": "{w}/accounts/{account}",
    "account-reconnect": "{w}/accounts/{account}/reconnect",
    "mailhub": "{w}/mailhub",
    "mailhub-sent": "{w}/mailhub?box=sent",
    "mailhub-archive": "{w}/mailhub?box=archive",
    "mailhub-all": "{w}/mailhub?box=all",
    "mailhub-nothing-found": "{w}/mailhub?q=zzz",
    "mailhub-thread": "{thread}",
    "outbox": "{w}/outbox",
    "outbox-mail": "{w}/outbox/1",
    "sandbox": "{w}/sandbox",
    "sandbox-mail": "/sandbox/mail",
    "settings": "{w}/settings/general",
    "members": "{w}/settings/members",
    "profile": "/profile",
    "workspace-new": "/workspaces/new",
    "admin": "/admin",
    "api-docs": "/api/docs",
    "not-found": "{w}/nowhere",
    "forbidden": "/styleguide/errors/403",
    "unavailable": "/styleguide/errors/503",
}
# the same lists with nothing in them
EMPTY = {
    f"empty-{name}": f"{{empty}}/{path}"
    for name, path in {
        "dashboard": "dashboard",
        "campaigns": "campaigns",
        "leads": "leads",
        "do-not-contact": "leads/do-not-contact",
        "accounts": "accounts",
        "mailhub": "mailhub",
        "outbox": "outbox",
    }.items()
}
REFUSED = {"not-found", "not-found-outside", "forbidden", "unavailable", "unsubscribe-broken"}
REFUSED |= {"reset-broken", "verify-broken", "invitation-broken"}
# Made by others, and with their own look: the viewer of the API has a test of its own.
FOREIGN = {"api-docs"}


@pytest.fixture(scope="module")
def context(browser: Browser, installation: Installation) -> Iterator[BrowserContext]:
    """The demo's user, signed in once."""
    installation.flask("demo", "seed", "--password", PASSWORD)
    opened = browser.new_context(base_url=installation.url)
    opened.set_default_timeout(15_000)
    tab = opened.new_page()
    tab.goto("/auth/login")
    tab.get_by_label("Email").fill("demo@parakeet.test")
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/dashboard")
    tab.close()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def stranger(browser: Browser, installation: Installation) -> Iterator[BrowserContext]:
    """Nobody signed in."""
    opened = browser.new_context(base_url=installation.url)
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def places(
    context: BrowserContext, installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The addresses that the names in braces stand for."""
    tab = context.new_page()
    tab.goto("/dashboard")
    w = re.sub(r"^https?://[^/]+|/dashboard$", "", tab.url)
    found = {"w": w, "campaign": _first_link(tab, f"{w}/campaigns", r"/campaigns/\d+")}
    found["account"] = _first_link(tab, f"{w}/accounts", r"/accounts/\d+").rpartition("/")[2]
    tab.goto(f"{found['campaign']}/sequence")
    found["step"] = tab.locator(".step").first.get_attribute("id").removeprefix("step-")  # type: ignore[union-attr]
    tab.goto(f"{w}/mailhub")
    expect(tab.locator(".thread-row").first).to_be_visible()
    found["thread"] = _first_link(tab, f"{w}/mailhub?box=all", r"/mailhub/threads/\d+")
    found["unsubscribe"] = _unsubscribe_address(installation)
    until("the first mail is queued", lambda: tab.request.get(f"{w}/outbox/1").ok)
    found.update(_draft(tab, w, tmp_path_factory.mktemp("lists")))
    tab.goto("/workspaces/new")
    tab.get_by_label("Name").fill(LONG[:60])
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/dashboard")
    found["empty"] = re.sub(r"^https?://[^/]+|/dashboard$", "", tab.url)
    tab.close()
    return found


def _first_link(tab: Page, url: str, pattern: str) -> str:
    """The path of the first link of that kind."""
    tab.goto(url)
    links = tab.locator("main a[href]").evaluate_all("all => all.map(a => a.pathname)")
    return str(next(found[0] for link in links if (found := re.search(rf"^.*{pattern}", link))))


def _unsubscribe_address(installation: Installation) -> str:
    """The page behind the unsubscribe link of the first mail, signed as the installation signs."""
    code = "from app.core.signing import sign_ids; print(sign_ids('unsubscribe', 1))"
    done = subprocess.run(
        [sys.executable, "-c", f"from wsgi import app\n{code}"],
        cwd=ROOT,
        env=installation.environ(),
        capture_output=True,
        text=True,
        check=True,
    )
    return f"/u/{done.stdout.strip()}"


def _draft(tab: Page, w: str, directory: Path) -> dict[str, str]:
    """A draft with long and right-to-left names, and one more list half way in."""
    (directory / "people.csv").write_text(PEOPLE, encoding="utf-8")
    tab.goto(f"{w}/campaigns/new")
    tab.get_by_label("Name").fill(f"{LONG} {LONG}")
    tab.get_by_role("button", name="Create campaign").click()
    tab.wait_for_url(re.compile(r"/campaigns/\d+$"))
    draft = re.sub(r"^https?://[^/]+", "", tab.url)
    _upload(tab, f"{w}{draft.removeprefix(w)}/leads/new", directory)
    tab.get_by_role("button", name=re.compile("^Check")).click()
    tab.get_by_role("button", name="Import 3 leads").click()
    expect(tab.get_by_text(re.compile(r"3 leads? "))).to_be_visible()
    report = re.sub(r"^https?://[^/]+", "", tab.url)
    _upload(tab, f"{w}/leads/imports/new", directory)
    return {"draft": draft, "report": report, "mapping": re.sub(r"^https?://[^/]+", "", tab.url)}


def _upload(tab: Page, url: str, directory: Path) -> None:
    tab.goto(url)
    tab.set_input_files("input[type=file]", directory / "people.csv")
    tab.get_by_role("button", name="Upload and look inside").click()
    tab.wait_for_url("**/imports/*")


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_page_anybody_may_see(stranger, places, shoot, name):
    look_at(stranger, OUTSIDE[name].format(**places), name, shoot)


@pytest.mark.parametrize("name", INSIDE | EMPTY)
def test_a_page_of_the_team(context, places, shoot, name):
    look_at(context, (INSIDE | EMPTY)[name].format(**places), name, shoot)


def look_at(
    context: BrowserContext, url: str, name: str, shoot: Callable[[Page, str], None]
) -> None:
    """Go there, let axe read it, measure it, take its pictures, listen to the console."""
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    answer = tab.goto(url, wait_until="networkidle")
    assert answer is not None
    assert answer.ok or name in REFUSED, f"{url} answered {answer.status}"
    if name not in FOREIGN:
        for width, height in (WIDE, PHONE, ZOOMED):
            tab.set_viewport_size({"width": width, "height": height})
            assert_no_sideways_scroll(tab)
            if (width, height) != ZOOMED:
                assert_accessible(tab)
        tab.emulate_media(color_scheme="dark")
        assert_accessible(tab)
    shoot(tab, f"page-{name}")
    tab.close()
    if name in REFUSED:
        complaints = [said for said in complaints if "Failed to load resource" not in said]
    assert complaints == [], f"the console complained on {url}"
