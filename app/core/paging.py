"""Keyset paging: no OFFSET, no COUNT. A cursor is the sort key of the last row shown.

Only the JSON door also counts pages, as its clients do.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import db
from app.core.errors import BadRequest

Row = TypeVar("Row")
MAX_CURSOR = 500
KEY_TYPES = (int, str, datetime)
# What is searched is counted no further: a common word may stand in a million rows.
SEARCH_COUNTED = 10_000


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursor of the next ones (None at the end)."""

    items: list[Row]
    next_cursor: str | None


def encode_cursor(values: Sequence[Any]) -> str:
    """Text of a sort key; times keep their microseconds."""
    plain = [{"t": v.isoformat()} if isinstance(v, datetime) else v for v in values]
    return urlsafe_b64encode(json.dumps(plain).encode()).rstrip(b"=").decode()


def decode_cursor(text: str, width: int) -> list[Any]:
    """The sort key of a cursor. Errors: BadRequest when it is not one of ours."""
    try:
        values = json.loads(urlsafe_b64decode(text[:MAX_CURSOR] + "=" * (-len(text) % 4)))
        values = [datetime.fromisoformat(v["t"]) if isinstance(v, dict) else v for v in values]
    except (ValueError, TypeError, KeyError) as error:
        raise BadRequest("That page marker is not valid.") from error
    if len(values) != width or not all(type(v) in KEY_TYPES for v in values):
        raise BadRequest("That page marker is not valid.")
    return values


def keyset_page(
    statement: sa.Select[*tuple[Any, ...]],
    keys: Sequence[InstrumentedAttribute[Any]],
    cursor: str | None,
    *,
    limit: int = 50,
    offset: int = 0,
    descending: bool = True,
    scalars: bool = True,
) -> Page[Any]:
    """One page of `statement` sorted by `keys` (the last one unique).

    It begins behind the cursor (an empty one is the beginning), without one behind `offset` rows.
    With `scalars=False` the items are rows; they must then carry the keys as attributes.
    """
    if cursor:
        position = sa.tuple_(*keys)
        bound = sa.tuple_(*decode_cursor(cursor, len(keys)), types=[k.type for k in keys])
        statement = statement.where(position < bound if descending else position > bound)
    if cursor is None:
        statement = statement.offset(offset)
    order = [key.desc() if descending else key.asc() for key in keys]
    result = db.session.execute(statement.order_by(*order).limit(limit + 1))
    rows = list(result.scalars() if scalars else result)
    items = rows[:limit]
    more = len(rows) > limit
    last = [getattr(items[-1], key.key) for key in keys] if more else None
    return Page(items, encode_cursor(last) if last else None)


def count_rows(statement: sa.Select[*tuple[Any, ...]], at_most: int | None = None) -> int:
    """How many rows a statement has, counted no further than `at_most`."""
    rows = statement.limit(at_most).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(rows)) or 0
