"""A real Chromium on a served application, watched for whatever a mail must not do."""

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route
from werkzeug.serving import make_server

from app.auth.services import start_session
from app.core.db import db
from app.core.transactions import App
from tests.chromium import PATIENCE
from tests.conftest import Cast


@pytest.fixture
def site(app: App) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
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
        self.page.wait_for_timeout(500)  # whatever begins after that has its chance


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
    # The server of these tests leaves a file open that it has sent by half.
    watched.page.wait_for_load_state("networkidle")
    context.close()
