"""The sequence builder: what is typed is kept, and the preview takes the width one chooses."""

import re

from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from tests.browser.waiting import STEP_TEXT, saves, settle


def draft(demo: BrowserContext) -> Page:
    """The empty sequence of a fresh draft."""
    tab = demo.new_page()
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.goto("/campaigns/new")
    tab.get_by_label("Name").fill("Written in a hurry")
    tab.get_by_role("button", name="Create campaign").click()
    tab.wait_for_url(re.compile(r"/campaigns/\d+$"))
    tab.goto(f"{tab.url}/sequence")
    settle(tab)
    return tab


def added(tab: Page) -> list[Request]:
    """The requests for another step, as they are made."""
    found: list[Request] = []
    tab.on("request", lambda r: found.append(r) if r.url.endswith("/steps") else None)
    return found


def await_steps(tab: Page, count: int) -> None:
    """The page with so many steps, once everything on it hears what is typed and clicked."""
    expect(tab.locator("trix-editor")).to_have_count(count)
    settle(tab)


def hold_a_save(tab: Page) -> list[Route]:
    """The next save of a text, kept on its way until one lets it go on."""
    found: list[Route] = []

    def keep(route: Route) -> None:
        found.append(route)

    tab.route(STEP_TEXT, keep, times=1)
    return found


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
    await_steps(tab, 2)
    tab.locator("[name=delay_amount]").fill("999")
    expect(tab.locator("#save-state")).to_have_text("Not saved")
    expect(tab.get_by_text("at most a year")).to_be_visible()
    tab.locator("[name=delay_amount]").fill("9")
    expect(tab.locator("#save-state")).to_have_text("Saved just now")
    tab.close()


def test_a_refused_change_holds_back_what_was_clicked(demo):
    tab = draft(demo)
    follow_up = tab.get_by_role("button", name="Add a follow-up")
    follow_up.click()
    await_steps(tab, 2)
    adding = added(tab)
    wait = tab.locator("[name=delay_amount]")
    wait.fill("999")
    for _clicked in range(2):  # as it is typed, and once it is known to be refused
        follow_up.click()
        expect(tab.locator("#save-state")).to_have_text("Not saved")
        expect(tab.get_by_text("at most a year")).to_be_visible()
        settle(tab)
        expect(wait).to_have_value("999")
        assert adding == []
    wait.fill("9")
    follow_up.click()
    expect(tab.locator("trix-editor")).to_have_count(3)
    expect(wait.first).to_have_value("9")
    tab.close()


def test_a_step_with_a_refused_text_can_be_removed(demo):
    tab = draft(demo)
    tab.get_by_role("button", name="Add a follow-up").click()
    await_steps(tab, 2)
    tab.locator("[name=delay_amount]").fill("999")
    expect(tab.locator("#save-state")).to_have_text("Not saved")
    tab.get_by_role("button", name="More about step 2").click()
    tab.get_by_role("button", name="Remove step").click()
    expect(tab.locator("trix-editor")).to_have_count(1)
    tab.close()


def test_a_click_is_forgotten_when_the_line_is_down(demo):
    tab = draft(demo)
    adding = added(tab)
    tab.route(STEP_TEXT, lambda route: route.abort())
    tab.locator("trix-editor").click()
    tab.keyboard.type("Typed in a tunnel")
    tab.get_by_role("button", name="Add a follow-up").click()
    expect(tab.locator("#save-state")).to_have_text("Not saved")
    tab.unroute(STEP_TEXT)
    tab.locator("trix-editor").click()
    tab.keyboard.press("End")
    with tab.expect_response(saves("out of it")):
        tab.keyboard.type(" and out of it")
    expect(tab.locator("#save-state")).to_have_text("Saved just now")
    tab.wait_for_timeout(300)  # a click that was kept would be sent right after
    assert adding == []
    tab.reload()
    expect(tab.locator("trix-editor")).to_have_text("Typed in a tunnel and out of it")
    tab.close()


def test_what_could_not_be_saved_is_not_left_without_a_question(demo):
    tab = draft(demo)
    tab.route(STEP_TEXT, lambda route: route.abort())
    tab.locator("trix-editor").click()
    tab.keyboard.type("Still only here")
    expect(tab.locator("#save-state")).to_have_text("Not saved")
    with tab.expect_event("dialog") as asked:
        tab.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    tab.unroute(STEP_TEXT)
    tab.get_by_role("button", name="Add a follow-up").click()
    expect(tab.locator("trix-editor")).to_have_count(2)
    expect(tab.locator("trix-editor").first).to_have_text("Still only here")
    tab.close()


def test_what_is_typed_while_it_is_saved_is_saved_too(demo):
    tab = draft(demo)
    held = hold_a_save(tab)
    tab.locator("trix-editor").click()
    with tab.expect_request(STEP_TEXT):
        tab.keyboard.insert_text("One")
    with tab.expect_response(STEP_TEXT):
        tab.keyboard.insert_text(" and two")
        held[0].continue_()
    tab.get_by_role("button", name="Add a follow-up").click()
    expect(tab.locator("trix-editor")).to_have_count(2)
    expect(tab.locator("trix-editor").first).to_have_text("One and two")
    tab.close()


def test_a_look_at_the_preview_gives_up_no_save(demo):
    tab = draft(demo)
    held = hold_a_save(tab)
    tab.locator("trix-editor").click()
    with tab.expect_request(STEP_TEXT):
        tab.keyboard.insert_text("On its way")  # at once: nothing is saved half-way
    with tab.expect_response(lambda answer: "/sequence?step=" in answer.url):
        tab.get_by_role("link", name="Preview").click()
    expect(tab.locator("#save-state")).to_have_text("Saving…")
    held[0].continue_()
    expect(tab.locator("#save-state")).to_have_text("Saved just now")
    tab.reload()
    expect(tab.locator("trix-editor")).to_have_text("On its way")
    tab.close()


def test_a_look_at_the_preview_saves_nothing_of_a_running_campaign(demo):
    tab = demo.new_page()
    tab.goto("/campaigns")
    tab.get_by_role("row").filter(has_text="Active").get_by_role("link").first.click()
    tab.wait_for_url(re.compile(r"/campaigns/\d+"))
    tab.get_by_role("link", name="Campaign", exact=True).click()
    expect(tab.get_by_text("This campaign is running.")).to_be_visible()
    settle(tab)
    tab.locator("trix-editor").first.click()
    tab.keyboard.type("Half a sent")
    expect(tab.locator("#save-state")).to_have_text("Not saved yet")
    with tab.expect_response(lambda answer: "/sequence?step=" in answer.url):
        tab.get_by_role("link", name="Preview").first.click()
    settle(tab)
    expect(tab.locator("#save-state")).to_have_text("Not saved yet")
    tab.close()
