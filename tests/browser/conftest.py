"""A real Chromium against a whole installation. Screenshots go to `screenshots/` (ignored)."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.servers.installation import Installation

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOTS = Path(__file__).parents[2] / "screenshots"
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser; say so where there is none.

    Playwright leaves an event loop running in its process, and asyncio.run() refuses to start
    beside one: whatever needs a browser comes last.
    """
    items.sort(key=lambda item: Path(__file__).parent in item.path.parents)
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium found on this machine"))


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """All processes, started once for all journeys."""
    whole = Installation(
        directory=tmp_path_factory.mktemp("whole"),
        server_url=os.environ["TEST_DATABASE_URL"],
        redis_url=os.environ["TEST_REDIS_URL"].rpartition("/")[0] + "/15",
        extra={"SANDBOX_SPEED": os.environ.get("SANDBOX_SPEED", "1")},
    )
    try:
        yield whole.start()
    finally:
        whole.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser, installation: Installation) -> Iterator[BrowserContext]:
    """A fresh profile; console errors and refused contents of the policy fail the test."""
    opened = browser.new_context(base_url=installation.url, viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab. What the console calls an error fails the test at its end."""
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    serious = [c for c in complaints if "Failed to load resource" not in c]
    assert serious == [], f"the console complained: {serious}"


@pytest.fixture
def shoot(installation: Installation) -> Callable[[Page, str], None]:
    """`shoot(page, "campaigns-index")`: four pictures, wide and phone, light and dark."""

    def take(page: Page, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        before = page.viewport_size
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=SHOTS / f"{name}-{size}-{scheme}.png", animations="disabled")
        page.emulate_media(color_scheme="light")
        if before:
            page.set_viewport_size(before)

    return take
