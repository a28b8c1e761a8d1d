"""The frame of a mail is as high as the mail, without a script inside that could say so."""

import pytest
from playwright.sync_api import Page

from tests.conftest import Cast
from tests.mailhub.conftest import Watched
from tests.mailhub.test_browser_attacks import store
from tests.servers.installation import until

pytestmark = [pytest.mark.browser, pytest.mark.committed]
ANSWER = (
    "<div>Hi Mia,</div><div><br></div><div>Good timing, we were talking about exactly this on"
    " Monday. Could you show me how it works some time this week? Thursday after two would suit me,"
    " or Friday in the morning.</div><div><br></div><div>Best regards<br>Anna Adler</div>"
)
HISTORY = (
    '<div class="gmail_quote"><div>On Mon, Mia Lang wrote:</div><blockquote>'
    + "<p>We make a small helper that drafts these answers from your own data.</p>" * 5
    + "</blockquote></div>"
)
LETTER = "<p>Hi Ada,</p>" + f"<p>{'a few more words ' * 12}</p>" * 3 + "<p>--<br>Mia<br>Berlin</p>"


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "body", [ANSWER, ANSWER + HISTORY, LETTER], ids=["short", "quoted", "long"]
)
def test_no_line_is_cut_off(tab: Watched, cast: Cast, width: int, body: str) -> None:
    [(thread_id, _)] = store(cast, [body])
    tab.page.set_viewport_size({"width": width, "height": 900})
    tab.page.goto(f"/w/acme/mailhub/threads/{thread_id}")
    until("no line is cut off", lambda: is_high_enough(tab.page))  # it follows the pane's width


def is_high_enough(page: Page) -> bool:
    """The frame of the mail shows all of it, and little more."""
    mail = page.frame_locator("iframe.mail-body").locator("body")
    needed, given = mail.evaluate("body => [body.scrollHeight, innerHeight]")
    return bool(needed <= given <= needed + 120)
