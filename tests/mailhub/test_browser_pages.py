"""The mailhub as a person uses it: new mail by itself, the keyboard, a phone."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.core.clock import utcnow
from app.core.db import db
from app.core.tenancy import workspace_context
from app.mailhub.services import store_messages
from tests.browser.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.browser.waiting import await_drawing, await_wiring, settle
from tests.conftest import Cast
from tests.factories import make_account
from tests.factories.mails import incoming
from tests.mailhub.conftest import Watched

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
]
TICK = "document.dispatchEvent(new Event('visibilitychange'))"


def open_page(page: Page, url: str) -> None:
    """Go there and wait until the page's controllers are loaded."""
    page.goto(url)
    settle(page)


def receive(cast: Cast, account_id: int | None = None, **over: Any) -> tuple[int, int]:
    """(account, thread) of one more mail, committed as a worker would."""
    with workspace_context(cast.acme.id):
        account_id = account_id or make_account().id
        [row] = store_messages(account_id, [incoming(**over)])
        db.session.commit()
        return account_id, row.thread_id


def many(cast: Cast, count: int) -> int:
    account_id = None
    for number in range(count):
        at = utcnow() - timedelta(hours=count - number)
        account_id, _ = receive(cast, account_id, subject=f"Mail {number}", at=at)
    assert account_id is not None
    return account_id


def test_new_mail_appears_and_nothing_jumps(tab: Watched, cast: Cast) -> None:
    account_id = many(cast, 30)
    open_page(tab.page, "/w/acme/mailhub")
    watched = tab.page.locator(".thread-row").nth(14)
    watched.scroll_into_view_if_needed()
    watched.evaluate("e => e.scrollIntoView({block: 'center'})")
    await_drawing(tab.page)
    before = watched.bounding_box()
    name = watched.get_attribute("id")
    receive(cast, account_id, subject="Fresh")
    tab.page.evaluate(TICK)
    expect(tab.page.locator(".thread-row").first).to_contain_text("Fresh")
    await_drawing(tab.page)  # what is read stays in its place from the next frame on
    after = tab.page.locator(f"#{name}").bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2, "the list jumped"
    expect(tab.page.locator(".thread-row")).to_have_count(31)


def test_a_conversation_far_down_moves_up_when_it_is_answered(tab: Watched, cast: Cast) -> None:
    account_id = many(cast, 49)
    receive(cast, account_id, message_id="deep@x", at=utcnow() - timedelta(days=9), subject="Deep")
    for number in range(3):
        receive(cast, account_id, at=utcnow() - timedelta(days=number), subject=f"More {number}")
    open_page(tab.page, "/w/acme/mailhub")
    tab.page.locator(".thread-row").last.scroll_into_view_if_needed()
    expect(tab.page.locator(".thread-row")).to_have_count(53)
    receive(cast, account_id, references=["deep@x"], subject="Re: Deep")
    tab.page.evaluate(TICK)
    expect(tab.page.locator(".thread-row").first).to_contain_text("Deep")
    expect(tab.page.locator(".thread-row")).to_have_count(53)


def test_the_first_mail_replaces_the_empty_state(tab: Watched, cast: Cast) -> None:
    open_page(tab.page, "/w/acme/mailhub")
    expect(tab.page.locator(".mailhub__empty")).to_be_visible()
    receive(cast, subject="The first")
    tab.page.evaluate(TICK)
    expect(tab.page.locator(".thread-row")).to_have_count(1)
    expect(tab.page.locator(".mailhub__empty")).to_be_hidden()


def test_an_answer_appears_in_the_open_conversation(tab: Watched, cast: Cast) -> None:
    account_id, thread_id = receive(cast, message_id="one@x", text="First words")
    open_page(tab.page, f"/w/acme/mailhub/threads/{thread_id}")
    tab.page.locator("#reply-body").fill("half a thought")
    receive(cast, account_id, references=["one@x"], text="Second words")
    tab.page.evaluate(TICK)
    expect(tab.page.locator("#letters .letter").nth(1)).to_contain_text("Second words")
    expect(tab.page.locator("#reply-body")).to_have_value("half a thought")


def test_the_keyboard_is_enough(tab: Watched, cast: Cast) -> None:
    many(cast, 3)
    page = tab.page
    open_page(page, "/w/acme/mailhub")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#reader h2")).to_have_text("Mail 1")
    expect(page.locator(".thread-row").nth(1)).to_have_attribute("data-state", "read")
    await_wiring(page)
    page.keyboard.press("s")
    expect(page.locator(".thread-row").nth(1).locator(".mailhub-row__mark--star")).to_be_visible()
    await_wiring(page)
    page.keyboard.press("r")
    page.keyboard.type("Thank you")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#pending")).to_contain_text("Thank you")
    expect(page.locator("#reply-body")).to_have_value("")
    await_wiring(page)
    page.locator("#reader h2").click()
    page.keyboard.press("e")
    expect(page.locator(".thread-row")).to_have_count(2)
    await_wiring(page)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".thread-row")).to_have_count(3)
    settle(page)
    page.keyboard.press("?")
    expect(page.locator("#mailhub-keys")).to_be_visible()


def test_a_phone_shows_one_pane_at_a_time(tab: Watched, cast: Cast) -> None:
    many(cast, 2)
    page = tab.page
    page.set_viewport_size({"width": 390, "height": 800})
    open_page(page, "/w/acme/mailhub")
    expect(page.locator("#reader")).to_be_hidden()
    page.locator(".mailhub-row__link").first.click()
    expect(page.locator("#reader h2")).to_have_text("Mail 1")
    expect(page.locator("#thread-list")).to_be_hidden()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#thread-list")).to_be_visible()
    assert_no_sideways_scroll(page)


@pytest.mark.parametrize("path", ["", "/threads/{}", "?box=archive"])
def test_pages_are_accessible(tab: Watched, cast: Cast, path: str) -> None:
    _, thread_id = receive(cast, body_html="<p>Hello</p>", kind="out_of_office")
    open_page(tab.page, "/w/acme/mailhub" + path.format(thread_id))
    assert_accessible(tab.page)
