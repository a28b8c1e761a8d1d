"""Figures for /metrics, and whether Redis answered lately (for the banner admins see)."""

import time
from functools import cache

from prometheus_client import Counter, Histogram

REQUESTS = Counter("parakeet_requests_total", "Requests answered", ["endpoint", "status"])
REQUEST_SECONDS = Histogram("parakeet_request_seconds", "Time to answer", ["endpoint"])
RINGS_DROPPED = Counter("parakeet_rings_dropped_total", "Rings Redis did not take")

_redis = {"missed_at": 0.0}
BANNER_SECONDS = 60


def request_done(endpoint: str, status: int, seconds: float) -> None:
    """Count one request."""
    count, duration = _request_series(endpoint, status)
    count.inc()
    duration.observe(seconds)


@cache
def _request_series(endpoint: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(endpoint, status), REQUEST_SECONDS.labels(endpoint)


def redis_missed() -> None:
    """Note that Redis did not answer."""
    RINGS_DROPPED.inc()
    _redis["missed_at"] = time.monotonic()


def redis_seen() -> None:
    """Note that Redis answered."""
    _redis["missed_at"] = 0.0


def is_redis_missing() -> bool:
    """Whether Redis failed us within the last minute and has not answered since."""
    missed = _redis["missed_at"]
    return bool(missed) and time.monotonic() - missed < BANNER_SECONDS
