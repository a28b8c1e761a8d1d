"""The viewer of the JSON door's document, under its content policy."""

from playwright.sync_api import Page, expect


def test_the_viewer_shows_an_endpoint_with_its_answer(page: Page, shoot):
    """The `page` fixture fails when the console complains."""
    page.goto("/api/docs")
    campaign = page.locator("#operations-campaign-campaign_show_campaign")
    campaign.locator(".opblock-summary-control").click()
    expect(campaign).to_contain_text("campaigns.view")
    expect(campaign).to_contain_text("launched_at")
    shoot(page, "api-docs")
