"""The only clock. Everything that asks for the time asks here, so tests can hold it still."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_held: list[datetime] = []
# The monotonic clock of Linux stops while the machine sleeps; that of macOS has no such twin.
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def utcnow() -> datetime:
    """Now, as an aware datetime in UTC."""
    return _held[-1] if _held else datetime.now(UTC)


def boot_seconds() -> float:
    """Seconds on a clock that is never set and goes on while the machine sleeps: for leases."""
    return time.clock_gettime(_SINCE_BOOT)


@contextmanager
def frozen(at: datetime) -> Iterator[datetime]:
    """Hold the clock of this process at `at` (aware) for the time of the block."""
    _held.append(at.astimezone(UTC))
    try:
        yield at
    finally:
        _held.pop()
