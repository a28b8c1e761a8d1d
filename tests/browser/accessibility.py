"""What axe says about a page, and what a reader without axe would trip over."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

# Colours on their way from one state to the next are nobody's contrast.
SETTLED = """() => Promise.allSettled(document.getAnimations()
    .filter((a) => a.effect.getComputedTiming().iterations !== Infinity)
    .map((a) => a.finished))"""
# A toast that fades while it is read has no contrast; it stays as long as one points at it.
POINT = """(type) => document.querySelectorAll(".toast")
    .forEach((toast) => toast.dispatchEvent(new PointerEvent(type)))"""


def assert_accessible(page: Page) -> None:
    """Fail with the rule and the element of every violation that axe finds."""
    page.evaluate(POINT, "pointerenter")
    expect(page.locator(".toast[data-state=leaving]")).to_have_count(0)
    page.evaluate(SETTLED)
    found = Axe().run(page).response["violations"]
    told = [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
    page.evaluate(POINT, "pointerleave")
    assert told == [], f"{page.url}\n" + "\n".join(told)


def assert_no_sideways_scroll(page: Page) -> None:
    """The page must fit the width of its window."""
    width = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert width <= 0, f"{page.url} is {width} px too wide"
