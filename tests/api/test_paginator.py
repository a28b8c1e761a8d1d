"""Pages against Laravel's golden output."""

import json
from pathlib import Path

import pytest

from app.api.paginator import Links, PageRequest, numbered_page, page_request, window

GOLDEN = Path(__file__).parent / "golden" / "laravel10_paginator_golden.txt"
LINES = [json.loads(line) for line in GOLDEN.read_text().splitlines()]


def ours(page: int, total: int, query: dict) -> dict:
    asked = PageRequest(page)
    items = list(range(total))[asked.offset : asked.offset + asked.per_page]
    links = Links("https://api.test/api/campaigns", query)
    return numbered_page(items, total, asked, links, lambda item: item)


@pytest.mark.parametrize(
    ("golden", "page", "total", "query"),
    [
        (LINES[0], 2, 95, {"per_page": "15", "status": "active"}),
        (LINES[1], 1, 0, {}),
        (LINES[2], 99, 95, {}),
    ],
)
def test_golden(golden, page, total, query):
    answer = ours(page, total, query)
    meta = answer["meta"]
    for name in ("current_page", "from", "last_page", "path", "per_page", "to", "total"):
        assert meta[name] == golden[name], name
    assert answer["links"]["first"] == golden["first_page_url"]
    assert answer["links"]["last"] == golden["last_page_url"]
    assert answer["links"]["prev"] == golden["prev_page_url"]
    assert answer["links"]["next"] == golden["next_page_url"]
    assert [link["url"] for link in meta["links"]] == [link["url"] for link in golden["links"]]
    assert [link["active"] for link in meta["links"]] == [x["active"] for x in golden["links"]]
    assert meta["links"][0]["label"] == "&laquo; Previous"
    assert meta["links"][-1]["label"] == "Next &raquo;"


def test_window_of_many_pages():
    expected = [label for label in LINES[3] if label not in {"Previous", "Next"}]
    shown = ["..." if n is None else f"{n}*" if n == 50 else str(n) for n in window(50, 200)]
    assert shown == expected


def test_bad_page_is_page_one():
    assert page_request({"page": "abc", "per_page": "-4"}) == PageRequest(1, 15)
    assert page_request({"page": "3", "per_page": "5000"}) == PageRequest(3, 100)
