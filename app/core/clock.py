"""The only clock. Everything that asks for the time asks here, so tests can hold it still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_held: list[datetime] = []


def utcnow() -> datetime:
    """Now, as an aware datetime in UTC."""
    return _held[-1] if _held else datetime.now(UTC)


@contextmanager
def frozen(at: datetime) -> Iterator[datetime]:
    """Hold the clock of this process at `at` (aware) for the time of the block."""
    _held.append(at.astimezone(UTC))
    try:
        yield at
    finally:
        _held.pop()
