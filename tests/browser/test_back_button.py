"""Going back in the browser after pieces of pages were swapped in: whole pages, as they were."""

import re

from playwright.sync_api import Page, expect

from tests.browser.test_journey import sign_up
from tests.browser.waiting import settle


def assert_whole(page: Page, heading: str) -> None:
    """The document with its frame around it, once."""
    expect(page.get_by_role("heading", name=heading, exact=True).first).to_be_visible()
    expect(page.locator("html[lang=en] > head > title")).to_have_count(1)
    expect(page.get_by_role("navigation").first).to_be_visible()
    expect(page.locator("main")).to_have_count(1)


def test_back_after_a_fragment_gives_the_whole_page(page: Page) -> None:
    sign_up(page, "back@example.test", "Walnut")
    for name in ("Autumn", "Winter"):
        page.goto("/w/walnut/campaigns/new")
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Create campaign").click()
        page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    page.goto("/w/walnut/campaigns")
    settle(page)  # or nobody hears what is typed
    assert_whole(page, "Campaigns")
    with page.expect_response(lambda answer: "q=Winter" in answer.url) as piece:
        page.get_by_role("searchbox").first.fill("Winter")
    assert "<html" not in piece.value.text()
    page.wait_for_url(re.compile("q=Winter"))
    expect(page.get_by_text("Autumn")).to_have_count(0)

    page.goto("/w/walnut/accounts")
    page.go_back()  # to an address whose last answer was a fragment
    assert_whole(page, "Campaigns")
    expect(page.get_by_text("Winter").first).to_be_visible()
    expect(page.get_by_text("Autumn")).to_have_count(0)
    page.go_back()  # within the document: htmx itself asks again
    page.wait_for_url(re.compile(r"/campaigns$"))
    assert_whole(page, "Campaigns")
    expect(page.get_by_text("Autumn").first).to_be_visible()
