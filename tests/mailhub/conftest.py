"""A real Chromium on a served application, watched for whatever a mail must not do."""

import re
import threading
from collections.abc import Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, Page, Route
from werkzeug.serving import make_server

from app.auth.services import start_session
from app.core.db import db
from app.core.transactions import App
from tests.chromium import PATIENCE
from tests.conftest import Cast


def closing(app: WSGIApplication) -> WSGIApplication:
    """Closes each answer. Werkzeug's server leaves open what it could send by half only, such as
    the file of a page that was left."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        body = app(environ, start_response)
        try:
            yield from body
        finally:
            if close := getattr(body, "close", None):
                close()

    return answer


@pytest.fixture
def site(app: App) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, closing(app), threaded=True)
    server.daemon_threads = False  # type: ignore[attr-defined]  # closed when all have answered
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


class Watched:
    """A tab that remembers everything a mail must not do."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.asked: list[str] = []
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda r: self.asked.append(r.url))
        page.on("dialog", lambda d: (self.complaints.append(f"dialog {d.message}"), d.dismiss()))
        page.on(
            "console",
            lambda m: self.complaints.append(m.text) if "script" in m.text.lower() else None,
        )
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        # Only what passes the policy gets as far as the network.
        page.route(re.compile(r"^https?://canary\.invalid"), self._reached)

    def _reached(self, route: Route) -> None:
        self.foreign.append(route.request.url)
        route.abort()

    def frames(self, urls: list[str]) -> None:
        """Open these addresses in frames of one page, as the conversation does."""
        frame = '<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" src="{}"></iframe>'
        body = "".join(frame.format(url) for url in urls)
        self.page.route("**/frames", lambda r: r.fulfill(body=body, content_type="text/html"))
        self.page.goto("/frames")  # returns when every frame is loaded
        self._give_a_chance()

    def conversation(self, thread_id: int, message_id: int) -> None:
        """Open a conversation up to the frame of its mail."""
        with self.page.expect_response(f"**/messages/{message_id}/body"):
            self.page.goto(f"/w/acme/mailhub/threads/{thread_id}")
        self.page.frame_locator("iframe.mail-body").locator("body").wait_for(state="attached")
        self._give_a_chance()

    def _give_a_chance(self) -> None:
        """To whatever begins once a mail is loaded."""
        self.page.wait_for_timeout(500)


@pytest.fixture
def tab(chromium: Browser, site: str, app: App, cast: Cast) -> Iterator[Watched]:
    context = chromium.new_context(base_url=site)
    context.set_default_timeout(PATIENCE)
    client = app.test_client()
    started = start_session(db.session.merge(cast.alice))
    db.session.commit()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = started.token, True
    kept = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert kept is not None
    context.add_cookies([{"name": kept.key, "value": kept.value, "url": site}])
    watched = Watched(context.new_page(), site)
    yield watched
    context.close()
