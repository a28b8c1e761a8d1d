"""Every page one can go to, at both sizes and in both schemes: readable by all, nothing too wide,
nothing the console complains about. The pictures are there to be looked at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import SHOTS, SIZES
from tests.browser.places import Guide
from tests.browser.walk import EMPTY, ERRORS, FOREIGN, INSIDE, OUTSIDE, REFUSED
from tests.chromium import PATIENCE
from tests.servers.installation import Installation

LOOKS = [("wide", "light"), ("phone", "light"), ("phone", "dark"), ("wide", "dark")]
READ_BY_AXE = {("wide", "light"), ("phone", "dark")}  # every rule once at each size, in each scheme
ZOOMED = {"width": 720, "height": 450}  # 1440 px at 200 %


@pytest.fixture(scope="module")
def stranger(browser: Browser, installation: Installation) -> Iterator[BrowserContext]:
    """Nobody signed in."""
    opened = browser.new_context(base_url=installation.url)
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def places(
    browser: Browser,
    demo: BrowserContext,
    installation: Installation,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """The addresses that the names in braces stand for."""
    tab = demo.new_page()
    found = Guide(browser, installation, tab, tmp_path_factory.mktemp("lists")).places()
    tab.close()
    return found


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_page_anybody_may_see(stranger, places, name):
    look_at(stranger.new_page(), OUTSIDE[name].format(**places), name)


@pytest.mark.parametrize("name", INSIDE | EMPTY)
def test_a_page_of_the_team(demo, places, name):
    look_at(demo.new_page(), (INSIDE | EMPTY)[name].format(**places), name)


@pytest.mark.parametrize("name", ERRORS)
def test_the_page_of_an_error(stranger, name):
    look_at(stranger.new_page(), ERRORS[name], name)


def test_the_page_of_a_write_by_somebody_signed_out(stranger):
    tab = stranger.new_page()
    tab.goto("/auth/login")
    with tab.expect_navigation(url="**/profile/name") as answer:
        tab.locator("main form").first.evaluate(
            "form => { form.action = '/profile/name'; HTMLFormElement.prototype.submit.call(form) }"
        )
    assert answer.value.status == 401
    tab.wait_for_load_state("networkidle")
    look_from_all_sides(tab, "error-401")
    tab.close()


def look_at(tab: Page, url: str, name: str) -> None:
    """Go there once, and look from all sides while the console is listened to."""
    complaints: list[str] = []
    tab.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    answer = tab.goto(url, wait_until="networkidle")
    assert answer is not None
    assert answer.status == REFUSED.get(name, 200), f"{url} answered {answer.status}"
    look_from_all_sides(tab, name)
    tab.close()
    if name in REFUSED:  # the browser reports the page's own status
        complaints = [said for said in complaints if "Failed to load resource" not in said]
    assert complaints == [], f"the console complained on {url}"


def look_from_all_sides(tab: Page, name: str) -> None:
    """Two sizes, two schemes, and 200 % zoom, without loading the page again."""
    SHOTS.mkdir(exist_ok=True)
    for size, scheme in LOOKS:
        width, height = SIZES[size]
        tab.set_viewport_size({"width": width, "height": height})
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        picture = SHOTS / f"page-{name}-{size}-{scheme}.png"
        tab.screenshot(path=picture, animations="disabled")
        if name not in FOREIGN:
            assert_no_sideways_scroll(tab)
            if (size, scheme) in READ_BY_AXE:
                assert_accessible(tab)
    tab.set_viewport_size(ZOOMED)
    if name not in FOREIGN:
        assert_no_sideways_scroll(tab)
