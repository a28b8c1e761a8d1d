"""Calling the JSON door as somebody."""

from collections.abc import Callable
from typing import Any

import pytest

from app.auth.services import issue_tokens
from app.core.db import db


@pytest.fixture
def call(client, cast) -> Callable[..., Any]:
    """`call(cast.alice, "PUT", "/api/campaign/3", {"name": "x"})` with a fresh token."""
    tokens: dict[int, str] = {}

    def ask(user, method: str, path: str, json: Any = None, **kwargs: Any) -> Any:
        if user.id not in tokens:
            tokens[user.id] = issue_tokens(db.session.merge(user)).access_token
        db.session.commit()
        headers = {"Authorization": f"Bearer {tokens[user.id]}", **kwargs.pop("headers", {})}
        answer = client.open(path, method=method, json=json, headers=headers, **kwargs)
        db.session.expire_all()
        return answer

    return ask
