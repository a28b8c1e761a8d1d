"""A page marker is ours or refused: it never ends in an error of the database."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest

from app.core.errors import BadRequest
from app.core.paging import decode_cursor, encode_cursor


def forged(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "value", [[[1]], [True], [None], [1.5], [float("nan")], 3, {"a": 1, "b": 2}, [{"x": 1}], [1, 2]]
)
def test_forged_markers_are_refused(value):
    with pytest.raises(BadRequest):
        decode_cursor(forged(value), 1)


def test_endless_markers_are_refused():
    with pytest.raises(BadRequest):
        decode_cursor(urlsafe_b64encode(b"[" * 30_000).decode(), 1)


def test_our_own_come_back():
    key = [datetime(2026, 11, 23, 10, 0, 0, 123456, UTC), 2**60]
    assert decode_cursor(encode_cursor(key), 2) == key
