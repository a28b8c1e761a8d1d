"""A filled workspace, and ways to ask for any address as anybody."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.auth.services import issue_tokens
from app.core.db import db
from app.core.settings import settings
from app.core.tenancy import workspace_context
from tests.factories.everything import Ids, make_everything


@pytest.fixture
def ids(cast) -> Ids:
    """One of everything in Acme."""
    with workspace_context(cast.acme.id):
        made = make_everything(cast.acme.id, owner=cast.alice, guest=cast.bob)
        db.session.commit()
    return made


@pytest.fixture
def theirs(cast) -> Ids:
    """One of everything in Charlie's workspace."""
    with workspace_context(cast.other.id):
        made = make_everything(cast.other.id, owner=cast.charlie, guest=cast.charlie)
        db.session.commit()
    return made


@pytest.fixture
def ask(app, login) -> Iterator[Any]:
    """Ask without CSRF checks in the way: the walls behind them are what is tested."""
    app.config["WTF_CSRF_ENABLED"] = False

    def as_user(user, method, path, **kwargs):
        client = login(app.test_client(), user) if user else app.test_client()
        answer = client.open(path, method=method, buffered=True, **kwargs)
        answer.close()  # a download's file
        db.session.expire_all()
        return answer

    yield as_user
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture
def call(app, cast) -> Any:
    """Ask the JSON door with a bearer token."""
    tokens: dict[int, str] = {}

    def as_user(user, method, path, headers=None, **kwargs):
        if user.id not in tokens:
            tokens[user.id] = issue_tokens(db.session.merge(user)).access_token
            db.session.commit()
        headers = {"Authorization": f"Bearer {tokens[user.id]}", **(headers or {})}
        answer = app.test_client().open(path, method=method, headers=headers, **kwargs)
        db.session.expire_all()
        return answer

    return as_user


@pytest.fixture
def sandbox(app) -> Iterator[None]:
    """An installation whose sandbox runs somewhere."""
    before = (settings.sandbox_key, settings.sandbox_smtp_port, settings.sandbox_imap_port)
    settings.sandbox_key, settings.sandbox_smtp_port, settings.sandbox_imap_port = "key", 1, 1
    yield
    settings.sandbox_key, settings.sandbox_smtp_port, settings.sandbox_imap_port = before
