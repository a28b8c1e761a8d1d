"""Laravel's pages: numbered ones for every list, cursors for the long ones too.

Facts: Illuminate's LengthAwarePaginator, UrlWindow (onEachSide 3) and CursorPaginator.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

PER_PAGE = 15
MOST_PER_PAGE = 100
EACH_SIDE = 3


@dataclass(frozen=True)
class PageRequest:
    """Which page was asked for. A cursor, even an empty one, asks for pages without numbers."""

    page: int = 1
    per_page: int = PER_PAGE
    cursor: str | None = None

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * self.per_page


def page_request(data: dict[str, Any]) -> PageRequest:
    """Read `page`, `per_page`, `cursor`; an invalid page is page 1, an empty cursor the first."""
    page = _number(data.get("page"), 1)
    per_page = _number(data.get("per_page"), PER_PAGE)
    given = data.get("cursor")
    beginning = "" if "cursor" in data else None
    cursor = given if isinstance(given, str) else beginning
    return PageRequest(page, min(per_page, MOST_PER_PAGE), cursor)


def _number(value: Any, default: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return number if 1 <= number < 10**9 else default


@dataclass(frozen=True)
class Links:
    """Makes the addresses of pages; other query fields are kept."""

    path: str
    query: dict[str, Any]

    def page(self, number: int) -> str:
        """The address of a page."""
        return self._with("page", str(number))

    def cursor(self, cursor: str | None) -> str | None:
        """The address of a cursor."""
        return self._with("cursor", cursor) if cursor else None

    def _with(self, name: str, value: str) -> str:
        kept = {k: v for k, v in self.query.items() if k not in {"page", "cursor"}}
        return f"{self.path}?{urlencode({**kept, name: value}, doseq=True, quote_via=quote)}"


def numbered_page(
    items: Sequence[Any], total: int, asked: PageRequest, links: Links, to_json: Callable[..., Any]
) -> dict[str, Any]:
    """The envelope of a length-aware page: data, links, meta."""
    last = max(1, -(-total // asked.per_page))
    previous = asked.page - 1 if asked.page > 1 else None
    following = asked.page + 1 if asked.page < last else None
    first_item = asked.offset + 1 if items else None
    return {
        "data": [to_json(item) for item in items],
        "links": {
            "first": links.page(1),
            "last": links.page(last),
            "prev": links.page(previous) if previous else None,
            "next": links.page(following) if following else None,
        },
        "meta": {
            "current_page": asked.page,
            "from": first_item,
            "last_page": last,
            "links": link_list(asked.page, last, links),
            "path": links.path,
            "per_page": asked.per_page,
            "to": asked.offset + len(items) if items else None,
            "total": total,
        },
    }


def cursor_page(
    items: Sequence[Any],
    next_cursor: str | None,
    asked: PageRequest,
    links: Links,
    to_json: Callable[..., Any],
) -> dict[str, Any]:
    """The envelope of a page that is continued by a cursor."""
    return {
        "data": [to_json(item) for item in items],
        "links": {"first": None, "last": None, "prev": None, "next": links.cursor(next_cursor)},
        "meta": {
            "path": links.path,
            "per_page": asked.per_page,
            "next_cursor": next_cursor,
            "prev_cursor": None,
        },
    }


def link_list(current: int, last: int, links: Links) -> list[dict[str, Any]]:
    """The numbered links a pager shows, with Previous and Next."""
    previous = links.page(current - 1) if current > 1 else None
    following = links.page(current + 1) if current < last else None
    numbers = [
        {"url": None, "label": "...", "active": False}
        if number is None
        else {"url": links.page(number), "label": str(number), "active": number == current}
        for number in window(current, last)
    ]
    return [
        {"url": previous, "label": "&laquo; Previous", "active": False},
        *numbers,
        {"url": following, "label": "Next &raquo;", "active": False},
    ]


def window(current: int, last: int) -> list[int | None]:
    """The page numbers shown; None stands for dots."""
    near = EACH_SIDE + 4
    if last < EACH_SIDE * 2 + 8:
        return list(range(1, last + 1))
    start, finish = [1, 2], [last - 1, last]
    if current <= near:
        return [*range(1, near + EACH_SIDE + 1), None, *finish]
    if current > last - near:
        return [*start, None, *range(last - (near + EACH_SIDE - 1), last + 1)]
    return [*start, None, *range(current - EACH_SIDE, current + EACH_SIDE + 1), None, *finish]
