"""A newcomer's whole trip in the browser, nothing prepared: sign up, sandbox accounts, a list, two
steps, launch; then the mail is opened, clicked and answered, the answer read and replied to."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.waiting import saves, settle
from tests.servers.installation import until

PASSWORD = "quiet river lamp 42"
LINK = '<a href="https://example.com/tour">the tour</a>'


def sign_up(page: Page, email: str, workspace: str) -> None:
    """From the sign-up page to an empty dashboard."""
    page.goto("/signup")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Name").fill(workspace)
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard")
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def write(page: Page, number: int, html: str, words: str) -> None:
    """Write the text of a step, which has these words, and wait until it is saved."""
    editor = page.locator("trix-editor").nth(number - 1)
    editor.click()
    with page.expect_response(saves(words)) as saved:
        editor.evaluate("(element, html) => element.editor.insertHTML(html)", html)
    assert saved.value.ok


def figure(page: Page, label: str) -> int:
    """How many leads the funnel shows for a stage, read from a fresh page."""
    page.reload()
    stage = page.locator(".funnel__step").filter(has_text=label)
    if stage.count() == 0:
        return 0
    return int(stage.first.locator(".funnel__value").inner_text().replace(",", ""))


def test_a_newcomers_whole_trip(page: Page, tmp_path: Path, shoot) -> None:
    sign_up(page, "newcomer@example.test", "Juniper")
    shoot(page, "dashboard-empty")
    assert_accessible(page)

    page.goto("/accounts")
    shoot(page, "accounts-empty")
    page.get_by_role("button", name=re.compile("sandbox accounts", re.I)).first.click()
    expect(page.get_by_text("Connected", exact=True)).to_have_count(2)
    shoot(page, "accounts")
    assert_accessible(page)

    listed = page.request.get("/w/juniper/sandbox/leads.csv")
    assert listed.ok
    (tmp_path / "leads.csv").write_bytes(listed.body())
    page.goto("/campaigns/new")
    page.get_by_label("Name").fill("Autumn tour")
    page.get_by_role("button", name="Create campaign").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    campaign = page.url

    page.set_input_files("input[type=file]", tmp_path / "leads.csv")
    page.get_by_role("button", name="Upload and look inside").click()
    page.wait_for_url("**/imports/*")
    shoot(page, "import-columns")
    page.get_by_role("button", name=re.compile("^Check")).click()
    page.get_by_role("button", name="Import 20 leads").click()
    expect(page.get_by_text(re.compile(r"20 leads? "))).to_be_visible()
    shoot(page, "import-done")

    page.goto(f"{campaign}/sequence")
    with page.expect_response(saves("one idea")):
        page.get_by_label("Subject").first.fill('{{first_name | default: "there"}}, one idea')
    write(
        page, 1, f'<div>Hi {{{{first_name | default: "there"}}}}, look at {LINK}.</div>', "look at"
    )
    page.get_by_role("button", name="Add a follow-up").click()
    expect(page.locator("trix-editor")).to_have_count(2)
    settle(page)
    with page.expect_response(re.compile(r"/steps/\d+/delay$")):
        page.locator("[name=delay_unit]").select_option("hours")
    write(page, 2, "<div>Did you find a minute for it?</div>", "find a minute")
    shoot(page, "campaign-sequence")
    assert_accessible(page)

    page.goto(f"{campaign}/schedule")
    page.get_by_label(re.compile("any time", re.I)).check()
    shoot(page, "campaign-schedule")
    page.get_by_role("button", name=re.compile("^Save")).click()
    expect(page.get_by_text(re.compile("Saved", re.I)).first).to_be_visible()
    page.goto(f"{campaign}/settings")
    shoot(page, "campaign-settings")
    for box in page.locator("[name=account_ids]").all():
        box.check()
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_text(re.compile("Saved", re.I)).first).to_be_visible()
    settle(page)  # the sheet of the launch is opened by a script

    page.get_by_role("button", name="Launch campaign").or_(
        page.get_by_role("link", name="Launch campaign")
    ).first.click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="Launch campaign")).to_be_visible()
    shoot(page, "campaign-launch")
    sheet.get_by_role("button", name="Launch campaign").dblclick()
    expect(page.get_by_text("Active", exact=True).first).to_be_visible()

    page.goto(f"{campaign}/analytics")
    until("ten mails left", lambda: figure(page, "Contacted") >= 10, 60)
    until("opens are counted", lambda: figure(page, "Opened") >= 1, 120)
    until("clicks are counted", lambda: figure(page, "Clicked") >= 1, 180)
    until("an answer is counted", lambda: figure(page, "Replied") >= 1, 240)
    shoot(page, "campaign-analytics")
    assert_accessible(page)

    page.goto("/mailhub")
    row = page.locator(".thread-row, [id$=_row]").filter(has_not_text="Out of office").first
    shoot(page, "mailhub")
    row.get_by_role("link").first.click()
    expect(page.get_by_text("Replied", exact=True).first).to_be_visible()
    letter = page.locator("article.letter").last
    expect(letter).to_be_visible()
    if letter.locator("iframe.mail-body").count():
        expect(letter.frame_locator("iframe.mail-body").locator("body")).not_to_be_empty()
    else:
        expect(letter.locator(".letter__body").first).not_to_be_empty()
    shoot(page, "mailhub-thread")
    assert_accessible(page)
    page.get_by_placeholder(re.compile("^Reply to")).fill("Gladly. Tomorrow at ten?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Gladly. Tomorrow at ten?").first).to_be_visible()
    until("the reply has left", lambda: _has_left(page), 60)
    page.goto("/dashboard")
    shoot(page, "dashboard")
    page.goto("/campaigns")
    shoot(page, "campaigns")
    page.goto(campaign)
    shoot(page, "campaign-leads")
    assert_accessible(page)


def _has_left(page: Page) -> bool:
    """The reply stands in the conversation and no longer waits."""
    page.reload()
    return page.get_by_text("Sending…").count() == 0
