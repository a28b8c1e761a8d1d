"""Every attack of the corpus in a real Chromium, through the real route and frame."""

import pytest
from flask import make_response
from playwright.sync_api import Route

from app.core.db import db
from app.core.tenancy import workspace_context
from app.core.transactions import App
from app.mailhub.html import has_remote_images, sanitise
from app.mailhub.services import store_messages
from app.web.security import mail_body_policy
from tests.conftest import Cast
from tests.factories import make_account
from tests.factories.mails import incoming
from tests.mailhub.attacks import ATTACKS
from tests.mailhub.conftest import Watched

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
]
RAW = "<p>before</p>{}<p>after</p>"


def store(cast: Cast, markup: list[str]) -> list[tuple[int, int]]:
    """Messages with these bodies, as sync stores them."""
    with workspace_context(cast.acme.id):
        account = make_account()
        mails = [
            incoming(body_html=sanitise(text), has_remote_images=has_remote_images(text), text="x")
            for text in markup
        ]
        found = [(row.thread_id, row.id) for row in store_messages(account.id, mails)]
        db.session.commit()
    return found


def test_no_attack_acts_in_the_frame(tab: Watched, cast: Cast) -> None:
    stored = store(cast, [RAW.format(attack) for attack in ATTACKS.values()])
    bodies = [f"/w/acme/mailhub/messages/{message_id}/body" for _, message_id in stored]
    tab.frames(bodies)
    assert sum("/body" in url for url in tab.asked) == len(ATTACKS)
    assert tab.foreign == []
    assert tab.complaints == []


def test_the_policy_alone_would_hold(tab: Watched, cast: Cast, app: App) -> None:
    """The attacks as they are, under the route's header only: no script runs, nobody is asked."""
    # A frame may navigate itself; taking such elements out is the sanitiser's part.
    attacks = [a for name, a in ATTACKS.items() if name != "meta refresh" and len(a) < 50_000]
    headers = {"Content-Security-Policy": _policy(app), "Content-Type": "text/html"}

    def answer(route: Route) -> None:
        number = int(route.request.url.rpartition("/")[2])
        route.fulfill(headers=headers, body=RAW.format(attacks[number]))

    tab.page.route("**/raw-attack/*", answer)
    tab.frames([f"/raw-attack/{number}" for number in range(len(attacks))])
    assert tab.foreign == []
    assert not [one for one in tab.complaints if one.startswith("dialog")]


def _policy(app: App) -> str:
    with app.test_request_context():
        return str(
            mail_body_policy(make_response(""), images="data:").headers["Content-Security-Policy"]
        )


def test_a_conversation_full_of_attacks_stays_ours(tab: Watched, cast: Cast) -> None:
    [(thread_id, message_id)] = store(
        cast, ["".join(v for v in ATTACKS.values() if len(v) < 9_000)]
    )
    tab.conversation(thread_id, message_id)
    frame = tab.page.locator("iframe.mail-body")
    assert frame.get_attribute("sandbox") == "allow-popups allow-popups-to-escape-sandbox"
    assert frame.get_attribute("srcdoc") is None
    assert tab.foreign == []
    assert tab.complaints == []
    assert tab.page.title().endswith("Mailhub · Parakeet")


def test_images_come_only_when_asked_for(tab: Watched, cast: Cast, app: App) -> None:
    [(thread_id, message_id)] = store(
        cast, ['<img src="https://canary.invalid/x.png" width="9" height="9">']
    )
    tab.conversation(thread_id, message_id)
    assert tab.foreign == []
    # Refused after the trap has noted it; the request itself is told before.
    with tab.page.expect_event("requestfailed", lambda r: "canary.invalid" in r.url) as asked:
        tab.page.get_by_text("Show images").click()
    assert "referer" not in asked.value.headers
    assert tab.foreign == ["https://canary.invalid/x.png"], "the trap of these tests is open"
