"""Calling the JSON door as somebody."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.api.door import TABLE
from app.api.openapi import refusals
from app.auth.services import issue_tokens
from app.core.db import db


def check_promised(method: str, path: str, status: int) -> None:
    """Every status that any of these tests meets must stand in the document."""
    place = path.partition("?")[0]
    for line in TABLE:
        pattern = re.sub(r"<int:\w+>", r"\\d+", re.sub(r"<\w+>", "[^/]+", line.prefix + line.path))
        if line.method == method and re.fullmatch(pattern, place):
            assert status in refusals(line) | {200, 201, 202, 204}, (method, path, status)


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
        check_promised(method, path, answer.status_code)
        return answer

    return ask
