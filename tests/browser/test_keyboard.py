"""The product by keyboard alone, and its reading pages without scripts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.waiting import await_wiring, settle
from tests.chromium import PATIENCE
from tests.servers.installation import until

# Whether what has the focus shows it: an outline of its own or of what holds it, or a field's ring.
SHOWS_FOCUS = """() => {
  const outlined = (element, part) => {
    const style = getComputedStyle(element, part)
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
  }
  const element = document.activeElement
  if (element === document.body) return null // past the end
  const around = [element, element.parentElement, element.parentElement?.parentElement]
  const isField = element.matches("input, select, textarea, trix-editor, iframe")
  const shown = isField || outlined(element, "::after") || around.some((one) => one && outlined(one))
  const name = element.getAttribute("aria-label") || element.textContent.trim() || element.tagName
  return shown ? null : name.slice(0, 60)
}"""
WALKED = (
    "dashboard",
    "campaigns",
    "mailhub",
    "accounts",
    "settings/members",
    "leads/do-not-contact",
)


@pytest.fixture
def tab(demo: BrowserContext) -> Iterator[Page]:
    """A tab of the demo's user."""
    opened = demo.new_page()
    opened.set_viewport_size({"width": 1440, "height": 900})
    yield opened
    opened.close()


@pytest.fixture
def w(tab: Page) -> str:
    """The workspace's address."""
    tab.goto("/dashboard")
    return tab.url.removesuffix("/dashboard")


@pytest.mark.parametrize("path", WALKED)
def test_the_focus_is_seen_wherever_it_goes(tab: Page, w: str, path: str):
    tab.goto(f"{w}/{path}")
    settle(tab)
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to content")).to_be_focused()
    hidden = []
    for _ in range(30):
        tab.keyboard.press("Tab")
        hidden.append(tab.evaluate(SHOWS_FOCUS))
    assert set(hidden) == {None}


def test_skipping_leads_past_the_menu(tab: Page, w: str):
    tab.goto(f"{w}/campaigns")
    settle(tab)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.locator("#main")).to_be_focused()
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="New campaign")).to_be_focused()


def test_the_mailhub_is_worked_with_keys(tab: Page, w: str):
    until("three conversations are there", lambda: rows_of(tab, w).count() >= 3, 300)
    tab.locator("#list-news").evaluate("poll => poll.remove()")  # mail that comes moves the rows
    settle(tab)
    first, second, third = (rows_of(tab).nth(n).get_attribute("id") for n in range(3))
    tab.keyboard.press("j")
    expect(link_of(tab, first)).to_be_focused()
    tab.keyboard.press("j")
    tab.keyboard.press("o")
    expect(tab.locator(f"#{second}")).to_have_attribute("aria-current", "true")
    expect(tab.locator("#reader h2")).not_to_be_empty()
    await_wiring(tab)
    tab.keyboard.press("s")
    expect(tab.locator(f"#{second} .mailhub-row__mark--star")).to_be_visible()
    expect(link_of(tab, second)).to_be_focused()
    await_wiring(tab)
    tab.keyboard.press("r")
    expect(tab.locator("#reply-body")).to_be_focused()
    tab.keyboard.type("Thanks")
    tab.keyboard.press("Escape")
    expect(link_of(tab, second)).to_be_focused()
    expect(tab.locator("#reply-body")).to_have_value("Thanks")
    tab.keyboard.press("e")
    expect(tab.locator(f"#{second}")).to_have_count(0)
    expect(link_of(tab, third)).to_be_focused()
    tab.keyboard.press("x")
    expect(tab.locator("[data-bulk-bar]")).to_contain_text("1 selected")
    tab.keyboard.press("/")
    expect(tab.get_by_label("Search mail")).to_be_focused()


def rows_of(tab: Page, w: str = "") -> Locator:
    """The conversations of the inbox, read anew when the workspace is given."""
    if w:
        tab.goto(f"{w}/mailhub")
    return tab.locator(".mailhub-row")


def link_of(tab: Page, row: str | None) -> Locator:
    return tab.locator(f"#{row} a")


def test_a_refused_page_takes_the_focus_to_what_is_wrong(tab: Page, w: str):
    tab.goto(f"{w}/campaigns/new")
    settle(tab)
    expect(tab.get_by_label("Name")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator(".error-summary")).to_be_focused()
    assert_accessible(tab)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.get_by_label("Name")).to_be_focused()


def test_the_rest_of_a_phones_bar_opens_and_closes(tab: Page, w: str):
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(f"{w}/campaigns")
    settle(tab)
    more = tab.get_by_role("button", name="More", exact=True)
    more.press("Enter")
    expect(tab.get_by_role("link", name="Accounts")).to_be_focused()
    assert_accessible(tab)
    switch = tab.get_by_role("button", name="Switch workspace")
    switch.press("Enter")
    expect(tab.locator("#workspace-menu a").first).to_be_focused()
    tab.keyboard.press("Escape")
    expect(switch).to_be_focused()
    tab.keyboard.press("Escape")
    expect(more).to_be_focused()


def test_pages_are_read_without_scripts(demo: BrowserContext, w: str):
    assert demo.browser is not None
    plain = demo.browser.new_context(java_script_enabled=False, storage_state=demo.storage_state())
    plain.set_default_timeout(PATIENCE)
    tab = plain.new_page()
    tab.set_viewport_size({"width": 390, "height": 844})
    for path in ("campaigns", "mailhub", "leads", "accounts", "outbox"):
        answer = tab.goto(f"{w}/{path}")
        assert answer is not None
        assert answer.ok
    tab.goto(f"{w}/campaigns?status=active")
    tab.locator("main table a").first.click()
    tab.wait_for_url(re.compile(r"/campaigns/\d+"))
    tab.get_by_role("link", name=re.compile("^Leads")).last.click()
    tab.get_by_label("State").select_option("waiting")
    tab.get_by_role("button", name="Filter").click()
    tab.wait_for_url("**state=waiting**")
    tab.goto(f"{w}/mailhub?box=all")
    tab.locator(".mailhub-row a").first.click()
    expect(tab.locator("article.letter").last).to_be_visible()
    plain.close()
