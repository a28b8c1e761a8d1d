"""A real Chromium against a whole installation. Screenshots go to `screenshots/` (ignored)."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.places import PASSWORD, sign_in
from tests.chromium import PATIENCE
from tests.servers.installation import Installation
from tests.servers.redis_server import redis_server

SHOTS = Path(__file__).parents[2] / "screenshots"
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """All processes, started once for all journeys."""
    with redis_server(tmp_path_factory.mktemp("redis")) as redis:
        whole = Installation(
            directory=tmp_path_factory.mktemp("whole"),
            server_url=os.environ["TEST_DATABASE_URL"],
            redis_url=redis.url,
            extra={"SANDBOX_SPEED": os.environ.get("SANDBOX_SPEED", "1")},
        )
        try:
            yield whole.start()
        finally:
            whole.stop()


@pytest.fixture(scope="session")
def browser(chromium: Browser) -> Browser:
    """The Chromium all browser tests of this process share."""
    return chromium


@pytest.fixture(scope="session")
def demo(browser: Browser, installation: Installation) -> Iterator[BrowserContext]:
    """The demo's user, signed in once."""
    installation.flask("demo", "seed", "--password", PASSWORD)
    opened = browser.new_context(base_url=installation.url)
    opened.set_default_timeout(PATIENCE)
    sign_in(opened, "demo@parakeet.test", PASSWORD)
    yield opened
    opened.close()


@pytest.fixture
def context(browser: Browser, installation: Installation) -> Iterator[BrowserContext]:
    """A fresh profile; console errors and refused contents of the policy fail the test."""
    opened = browser.new_context(base_url=installation.url, viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(PATIENCE)
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
