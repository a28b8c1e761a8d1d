"""The sequence builder: what it says of what is saved."""

import re

from playwright.sync_api import Page, expect

from tests.browser.test_journey import sign_up


def test_a_refused_change_is_not_called_saved(page: Page) -> None:
    sign_up(page, "builder@example.test", "Maple")
    page.goto("/w/maple/campaigns/new")
    page.get_by_label("Name").fill("Autumn")
    page.get_by_role("button", name="Create campaign").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    page.goto(f"{page.url}/sequence")
    page.get_by_role("button", name="Add a follow-up").click()
    expect(page.locator("trix-editor")).to_have_count(2)
    page.locator("[name=delay_amount]").fill("999")
    expect(page.locator("#save-state")).to_have_text("Not saved")
    expect(page.get_by_text("at most a year")).to_be_visible()
    page.locator("[name=delay_amount]").fill("9")
    expect(page.locator("#save-state")).to_have_text("Saved just now")
