"""Adding an account while its servers are still being looked up."""

from playwright.sync_api import Page, Route, expect

from tests.browser.test_journey import sign_up
from tests.browser.waiting import settle


def test_servers_typed_meanwhile_are_not_overwritten(page: Page) -> None:
    sign_up(page, "hasty@example.test", "Hazel")
    page.goto("/w/hazel/accounts/add")
    settle(page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/accounts/discover", hold)

    page.get_by_label("Email").fill("me@gmail.com")
    with page.expect_request("**/accounts/discover"):
        page.get_by_label("Email").press("Tab")
    page.locator("#f-imap_host").press_sequentially("imap.mine.test")
    for route in held:
        route.continue_()
    expect(page.locator(".htmx-request")).to_have_count(0)
    expect(page.locator("#f-imap_host")).to_have_value("imap.mine.test")

    page.unroute("**/accounts/discover")
    page.get_by_label("Email").fill("you@gmail.com")
    page.get_by_label("Email").press("Tab")
    expect(page.locator("#f-imap_host")).to_have_value("imap.gmail.com")
