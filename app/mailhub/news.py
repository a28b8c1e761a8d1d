"""What has changed in a list since the browser drew it: which rows to add, redraw or take away.

Pure. The browser says which threads it shows (the newest ones) and how each of them stood when it
was drawn; the answer is made of single rows, so nothing jumps and no selection is lost. Times are
not asked: what is committed late would carry one from before the last look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_SHOWN = 50


@dataclass(frozen=True)
class ListNews:
    """Rows to insert (each with the id it stands before, None for the end), redraw, remove."""

    inserts: list[tuple[Any, int | None]]
    redraws: list[Any]
    removals: list[int]

    @property
    def is_empty(self) -> bool:
        return not (self.inserts or self.redraws or self.removals)


def compare(rows: Sequence[Any], shown: Mapping[int, str], *, gone: set[int]) -> ListNews:
    """The difference between the newest `rows` of a list and what is `shown`.

    Inserts come from the bottom up, so that the row each stands before is already there.
    """
    order = [row.thread_id for row in rows]
    keeps = _unmoved(order, list(shown))
    inserts, redraws = [], []
    for index in range(len(rows) - 1, -1, -1):
        row = rows[index]
        if row.thread_id not in keeps:
            below = order[index + 1] if index + 1 < len(order) else None
            if below is not None or len(order) < MAX_SHOWN:  # else its place is not on the page
                inserts.append((row, below))
        elif shown[row.thread_id] != _version(row):
            redraws.append(row)
    moved = [one for one in order if one in shown and one not in keeps]
    return ListNews(inserts, redraws, [*sorted(gone), *moved])


def _unmoved(order: Sequence[int], shown: Sequence[int]) -> set[int]:
    """Rows that may stay where they are: threads only ever move up, so read from below."""
    place = {thread_id: index for index, thread_id in enumerate(shown)}
    keeps: set[int] = set()
    limit = len(shown)
    for thread_id in reversed(order):
        at = place.get(thread_id)
        if at is not None and at < limit:
            keeps.add(thread_id)
            limit = at
    return keeps


def pack(rows: Sequence[Any]) -> str:
    """Thread ids and how each stands as one query argument."""
    return ".".join(f"{row.thread_id}-{_version(row)}" for row in rows[:MAX_SHOWN])


def unpack(text: str) -> dict[int, str]:
    """The versions by id, in order; what is not a number is left out."""
    found: dict[int, str] = {}
    for part in text.split(".")[:MAX_SHOWN]:
        one, _, version = part.partition("-")
        if one.isascii() and one.isdigit() and len(one) < 19:
            found[int(one)] = version
    return found


def _version(row: Any) -> str:
    """Another text whenever the row would look different."""
    return f"{int(row.Thread.updated_at.timestamp() * 1_000_000):x}"
