"""The page client: asks for pages as a browser would and checks every one it gets."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.db import db
from app.core.transactions import App
from app.models import User


class PageClient:
    """A signed-in browser without a window. Bad HTML fails the test that asked for it."""

    def __init__(self, app: App, login: Callable[[FlaskClient, User], FlaskClient]) -> None:
        self.app, self._login = app, login
        self.client = app.test_client()

    def as_(self, user: User) -> "PageClient":
        """The same for somebody signed in."""
        other = PageClient(self.app, self._login)
        self._login(other.client, user)
        return other

    def get(self, url: str, status: int = 200, **kwargs: Any) -> "Answer":
        """A whole page, checked: title, one h1, unique ids, labels, forms, no inline script."""
        answer = self._ask("GET", url, status, **kwargs)
        if answer.response.mimetype == "text/html" and status < 300:
            check_page(answer.soup)
        return answer

    def hx(self, url: str, target: str, status: int = 200, **kwargs: Any) -> "Answer":
        """A fragment for `target`: no document, and its root is what was asked for."""
        headers = {"HX-Request": "true", "HX-Target": target, **kwargs.pop("headers", {})}
        answer = self._ask("GET", url, status, headers=headers, **kwargs)
        assert not answer.soup.find("html"), f"{url} sent a whole page as a fragment"
        return answer

    def post(self, url: str, data: Any = None, status: int = 303, **kwargs: Any) -> "Answer":
        """Submit a form, with the token a page would carry."""
        headers = {"X-CSRFToken": self._token(), **kwargs.pop("headers", {})}
        return self._ask("POST", url, status, data=data or {}, headers=headers, **kwargs)

    def hx_post(self, url: str, data: Any = None, status: int = 200, **kwargs: Any) -> "Answer":
        """The same by htmx."""
        headers = {"HX-Request": "true", **kwargs.pop("headers", {})}
        return self.post(url, data, status, headers=headers, **kwargs)

    def _token(self) -> str:
        from flask_wtf.csrf import generate_csrf

        fresh = self.app.app_context()  # or `g` would keep the token of an earlier session
        with self.client.session_transaction() as cookie, fresh, self.app.test_request_context():
            from flask import session

            session.update(cookie)
            token = generate_csrf()
            cookie.update(session)
        return token

    def _ask(self, method: str, url: str, status: int, **kwargs: Any) -> "Answer":
        db.session.flush()
        response = self.client.open(url, method=method, **kwargs)
        db.session.expire_all()
        seen = response.status_code
        assert seen == status, f"{method} {url}: {seen}, not {status}\n{response.text[:2000]}"
        return Answer(response)


class Answer:
    """A response with its parsed HTML."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.soup = BeautifulSoup(response.get_data(as_text=True), "html.parser")

    @property
    def text(self) -> str:
        """The visible words, with white space folded."""
        return re.sub(r"\s+", " ", self.soup.get_text(" ")).strip()

    @property
    def location(self) -> str:
        """Where the answer sends the browser."""
        headers = self.response.headers
        return headers.get("Location") or headers.get("HX-Redirect") or headers["HX-Location"]

    def find(self, selector: str) -> Any:
        """The first element of a CSS selector; fails when there is none."""
        element = self.soup.select_one(selector)
        assert element is not None, f"no {selector} on the page"
        return element


def check_page(soup: BeautifulSoup) -> None:
    """What holds for every page of ours."""
    assert soup.title is not None, "a page without a title"
    assert soup.title.get_text(strip=True), "a page without a title"
    assert len(soup.find_all("h1")) == 1, f"{len(soup.find_all('h1'))} h1 on the page"
    ids = Counter(element["id"] for element in soup.find_all(id=True))
    assert not (doubles := [i for i, n in ids.items() if n > 1]), f"ids twice: {doubles}"
    for script in soup.find_all("script"):
        is_data = script.get("type") in {"application/json", "importmap"}
        assert script.get("src") or is_data, "an inline script"
    assert not soup.find_all(style=True), "an inline style"
    _check_forms(soup)
    _check_labels(soup, set(ids))


def _check_forms(soup: BeautifulSoup) -> None:
    for form in soup.find_all("form"):
        if form.get("method", "get").lower() == "post":
            assert form.find("input", {"name": "csrf_token"}), f"no csrf in {form.get('action')}"
            assert form.get("action"), "a form without an action"


def _check_labels(soup: BeautifulSoup, ids: set[str]) -> None:
    labelled = {label.get("for") for label in soup.find_all("label")}
    for field in soup.select("input, select, textarea"):
        if field.get("type") in {"hidden", "submit", "button"}:
            continue
        named = (
            field.get("aria-label") or field.get("aria-labelledby") or field.find_parent("label")
        )
        assert named or field.get("id") in labelled, f"a field without a label: {field}"
    for element in soup.select("[aria-describedby]"):
        assert set(element["aria-describedby"].split()) <= ids, "aria-describedby points nowhere"
