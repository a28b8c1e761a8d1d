"""The sequence builder: what is typed is kept, and the preview takes the width one chooses."""

import re

from playwright.sync_api import BrowserContext, Page, expect


def draft(demo: BrowserContext) -> Page:
    """The empty sequence of a fresh draft."""
    tab = demo.new_page()
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.goto("/campaigns/new")
    tab.get_by_label("Name").fill("Written in a hurry")
    tab.get_by_role("button", name="Create campaign").click()
    tab.wait_for_url(re.compile(r"/campaigns/\d+$"))
    tab.goto(f"{tab.url}/sequence", wait_until="networkidle")
    return tab


def test_a_step_is_saved_before_the_next_is_added(demo):
    tab = draft(demo)
    editor = tab.locator("trix-editor").first
    editor.click()
    tab.keyboard.type("One last word")
    tab.get_by_role("button", name="Add a follow-up").click()
    expect(tab.locator("trix-editor")).to_have_count(2)
    expect(editor).to_have_text("One last word")
    tab.close()


def test_the_preview_keeps_its_width_while_one_types(demo):
    tab = draft(demo)
    frame = tab.locator("iframe.preview__body")
    tab.get_by_text("Phone", exact=True).click()
    expect(frame).to_have_css("width", "375px")
    tab.locator("trix-editor").first.click()
    tab.keyboard.type("Hello")
    expect(tab.locator("#save-state")).to_contain_text("Saved just now")
    expect(tab.locator("#preview")).to_contain_text(re.compile(r"\d words?\."))
    expect(frame).to_have_css("width", "375px")
    tab.close()


def test_a_refused_change_is_not_called_saved(demo):
    tab = draft(demo)
    tab.get_by_role("button", name="Add a follow-up").click()
    expect(tab.locator("trix-editor")).to_have_count(2)
    tab.locator("[name=delay_amount]").fill("999")
    expect(tab.locator("#save-state")).to_have_text("Not saved")
    expect(tab.get_by_text("at most a year")).to_be_visible()
    tab.locator("[name=delay_amount]").fill("9")
    expect(tab.locator("#save-state")).to_have_text("Saved just now")
    tab.close()
