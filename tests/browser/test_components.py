"""The components behave: keyboard, focus, swaps, and nothing the content policy refuses."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.browser.waiting import settle
from tests.chromium import PATIENCE

PAGES = ["", "/shell", "/panes", "/public"]


@pytest.fixture
def sheet(page: Page) -> Page:
    """The styleguide, with every controller loaded."""
    page.goto("/styleguide")
    settle(page)
    return page


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_sheet_is_accessible(page: Page, path, shoot):
    page.goto(f"/styleguide{path}")
    settle(page)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert_no_sideways_scroll(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert_accessible(page)
    shoot(page, f"styleguide{path.replace('/', '-')}")


def test_a_refused_form_takes_the_focus_and_leads_to_the_field(sheet: Page):
    sheet.click("#sample-form button[type=submit]")
    expect(sheet.locator("#sample-form .error-summary")).to_be_focused()
    sheet.click("#sample-form .error-summary a >> nth=0")
    expect(sheet.locator("#f-email")).to_be_focused()
    assert_accessible(sheet)


def test_a_menu_opens_moves_and_gives_the_focus_back(sheet: Page):
    button = sheet.get_by_role("button", name="More")
    button.focus()
    sheet.keyboard.press("Enter")
    expect(sheet.get_by_role("link", name="Duplicate")).to_be_focused()
    sheet.keyboard.press("ArrowDown")
    expect(sheet.locator("#sample-menu").get_by_role("link", name="Current")).to_be_focused()
    sheet.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("name", ["Dialog", "Sheet", "Confirm"])
def test_dialogs_give_the_focus_back(sheet: Page, name):
    opener = sheet.get_by_role("button", name=name, exact=True)
    opener.click()
    expect(sheet.locator("dialog[open]")).to_be_visible()
    assert_accessible(sheet)
    sheet.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_toasts_are_read_out_and_undone(sheet: Page):
    sheet.click("text=Toast positive")
    toast = sheet.locator("#toasts[role=status] .toast")
    expect(toast).to_have_count(1)
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_have_count(0)


def test_rows_are_selected_in_ranges_and_counted(sheet: Page):
    boxes = sheet.locator("#table tbody .check")
    boxes.nth(0).check()
    boxes.nth(2).click(modifiers=["Shift"])
    bar = sheet.locator("[data-bulk-bar]")
    expect(bar.get_by_role("status")).to_have_text("3 selected")
    bar.get_by_role("button", name="Clear selection").click()
    expect(bar).to_be_hidden()


def test_more_rows_replace_the_last_one(sheet: Page):
    rows = sheet.locator("#table tbody .table__row")
    expect(rows).to_have_count(5)
    sheet.get_by_role("link", name="Load more").click()
    expect(rows).to_have_count(10)


def test_the_editor_formats_links_and_inserts(sheet: Page):
    editor = sheet.locator("trix-editor")
    editor.click()
    sheet.keyboard.press("Control+A")
    sheet.keyboard.type("Hello ")
    sheet.locator(".rich-text__variables").select_option("{{ first_name }}")
    expect(sheet.locator("#f-body-source")).to_have_value("<div>Hello {{ first_name }}</div>")
    editor.click()
    sheet.keyboard.press("Control+A")
    bold = sheet.get_by_role("button", name="Bold")
    bold.click()
    expect(bold).to_have_attribute("aria-pressed", "true")
    sheet.get_by_title("Link", exact=True).click()
    sheet.get_by_label("Link address").fill("acme.example")
    sheet.keyboard.press("Enter")
    expect(sheet.locator("#f-body-source")).to_have_value(re.compile('href="https://acme.example"'))


def test_the_theme_is_kept(sheet: Page):
    sheet.get_by_role("button", name="Dark", exact=True).click()
    sheet.reload()
    settle(sheet)  # the buttons act once their controller is loaded
    expect(sheet.locator("html")).to_have_attribute("data-theme", "dark")
    sheet.get_by_role("button", name="System", exact=True).click()
    sheet.reload()
    assert sheet.locator("html").get_attribute("data-theme") is None


def test_the_palette_finds_and_goes(page: Page):
    page.goto("/styleguide/shell")
    settle(page)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-query")).to_be_focused()
    page.keyboard.type("maya")
    chosen = page.locator(".palette__item[aria-selected=true]")
    expect(chosen).to_have_text("Maya Keller")
    assert_accessible(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/styleguide")


def test_lists_are_walked_with_keys(page: Page):
    page.goto("/styleguide/panes")
    settle(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator(".thread-row >> nth=1")).to_be_focused()


def test_the_chart_is_drawn_and_also_a_table(sheet: Page):
    expect(sheet.locator(".chart canvas")).to_be_visible()
    sheet.click("text=Show as a table")
    expect(sheet.locator("#sample-chart tbody tr")).to_have_count(21)


def test_a_long_page_reads_without_scripts(browser, installation):
    context = browser.new_context(base_url=installation.url, java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto("/styleguide")
    expect(page.locator("#table tbody .table__row")).to_have_count(5)
    expect(page.locator("#f-body-source")).to_be_visible()
    page.click("text=Load more")
    page.wait_for_url("**/rows?page=1")
    context.close()
