"""What a page must have done before it is measured, or a key is pressed on it."""

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from playwright.sync_api import Page, Response

from tests.servers.installation import until

# Two frames: in the first, observers of sizes and of scrolling act; the second shows it.
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# htmx notes on each element that it listens to it. It does so some milliseconds after it swapped the
# element in; until then a form of it is sent plainly.
WIRED = """() => [...document.querySelectorAll("[hx-get], [hx-post]")]
    .every((one) => one["htmx-internal-data"]?.initHash !== undefined)"""
# Controllers are loaded when their names come onto the page; none of them hears anything before.
LOADED = """() => Promise.all(
    [...document.querySelectorAll("[data-controller]")]
        .flatMap((one) => one.dataset.controller.split(/\\s+/))
        .map((name) => import(`app/controllers/${name}`)))"""
STEP_TEXT = re.compile(r"/steps/\d+$")


def settle(page: Page) -> None:
    """Until the page is whole, drawn, and hears what is typed and clicked."""
    page.wait_for_load_state("networkidle")
    page.evaluate(LOADED)
    await_drawing(page)


def await_wiring(page: Page) -> None:
    """Until everything that htmx brought can be used."""
    until("htmx listens to what it brought", lambda: page.evaluate(WIRED))


def await_drawing(page: Page) -> None:
    """Until the page is drawn as it is now."""
    page.evaluate(DRAWN)


def saves(words: str) -> Callable[[Response], bool]:
    """Tells the answer to a save of a step whose text has these words from that to an earlier one."""

    def is_it(answer: Response) -> bool:
        sent = unquote_plus(answer.request.post_data or "")
        return bool(STEP_TEXT.search(answer.url)) and words in sent

    return is_it
