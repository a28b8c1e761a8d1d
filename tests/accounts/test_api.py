"""The JSON door of accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core.db import db
from app.core.tenancy import workspace_context
from app.models import User
from tests.accounts.conftest import Mailbox
from tests.conftest import Cast
from tests.factories.accounts import make_account
from tests.pages import PageClient


class Json:
    """Somebody signed in, asking for JSON in a workspace."""

    def __init__(self, page: PageClient, workspace_id: int) -> None:
        self.page, self.workspace_id = page, workspace_id

    def __call__(self, method: str, path: str, status: int, **body: Any) -> Any:
        db.session.flush()
        response = self.page.client.open(
            f"/api{path}?workspace_id={self.workspace_id}",
            method=method,
            json=body,
            headers={"X-CSRF-Token": self.page._token(), "Accept": "application/json"},
        )
        db.session.expire_all()
        assert response.status_code == status, response.text
        assert "secret" not in response.text
        return response.get_json(silent=True)


@pytest.fixture
def ask(page: PageClient, cast: Cast) -> Callable[[User], Json]:
    return lambda user: Json(page.as_(user), cast.acme.id)


@pytest.fixture
def account_id(in_acme: Cast) -> int:
    found = make_account("ann@firm.test", credentials={"imap_password": "secret"})
    db.session.commit()
    return found.id


def test_list_and_show(ask: Any, cast: Cast, account_id: int) -> None:
    answer = ask(cast.alice)("GET", "/account", 200)
    assert [row["email"] for row in answer["data"]] == ["ann@firm.test"]
    assert answer["meta"]["total"] == 1
    shown = ask(cast.vera)("GET", f"/account/{account_id}", 200)["data"]
    assert (shown["sent_today"], shown["allowed_today"]) == (0, 1000)
    assert "credentials" not in shown


def test_outsiders_and_viewers(ask: Any, cast: Cast, account_id: int) -> None:
    for method, path in (
        ("GET", f"/account/{account_id}"),
        ("DELETE", f"/account/{account_id}"),
        ("POST", f"/account/{account_id}/pause"),
    ):
        ask(cast.charlie)(method, path, 404)
    ask(cast.vera)("DELETE", f"/account/{account_id}", 403)
    ask(cast.vera)("POST", "/account/test", 403)


def test_change_pause_resume_remove(ask: Any, cast: Cast, account_id: int) -> None:
    alice, path = ask(cast.alice), f"/account/{account_id}"
    assert alice("PUT", path, 200, daily_limit=12)["data"]["daily_limit"] == 12
    assert "daily_limit" in alice("PUT", path, 422, daily_limit=0)["errors"]
    assert alice("POST", f"{path}/pause", 200)["data"]["status"] == "paused"
    assert alice("POST", f"{path}/resume", 200)["data"]["status"] == "connected"
    alice("DELETE", path, 204)
    alice("GET", path, 404)


@pytest.mark.dovecot
def test_connect(ask: Any, cast: Cast, mailbox: Mailbox) -> None:
    alice = ask(cast.alice)
    tried = alice("POST", "/account/test", 200, **mailbox.form())["data"]
    assert tried["ok"] is True
    made = alice("POST", "/account", 201, **mailbox.form())["data"]
    assert made["email"] == mailbox.email
    assert "email" in alice("POST", "/account", 422, **mailbox.form())["errors"]


@pytest.mark.dovecot
def test_connect_with_a_wrong_password(ask: Any, cast: Cast, mailbox: Mailbox) -> None:
    answer = ask(cast.alice)("POST", "/account", 422, **mailbox.form(password="wrong"))
    assert "uthentication failed" in answer["errors"]["imap_login"][0]
    with workspace_context(cast.acme.id):
        assert ask(cast.alice)("GET", "/account", 200)["data"] == []


def test_nobody(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/api/account", headers={"Accept": "application/json"}).status_code == 401


def test_discover(ask: Any, cast: Cast) -> None:
    found = ask(cast.alice)("POST", "/account/discover", 200, email="someone@gmail.com")["data"]
    assert found["imap"] == {"host": "imap.gmail.com", "port": 993, "security": "ssl"}
