"""Whole installations with a Redis of their own, and the mail servers they talk to."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.people import Visitor
from tests.servers.imap import DOVECOT
from tests.servers.installation import Installation
from tests.servers.redis_server import RedisServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say where a Dovecot is missing."""
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in ours if DOVECOT is None else []:
        if item.get_closest_marker("dovecot"):
            item.add_marker(pytest.mark.skip(reason="no Dovecot found on this machine"))


def install(directory: Path, redis: RedisServer, **extra: str) -> Installation:
    """An installation that is not started yet. Machines ask faster than people."""
    return Installation(
        directory=directory,
        server_url=os.environ["TEST_DATABASE_URL"],
        redis_url=redis.url,
        extra={"API_RATE_PER_MINUTE": "100000", **extra},
    )


def stop(installation: Installation) -> None:
    """Stop it; what its processes complained about is shown when the test failed."""
    installation.stop()
    for log in sorted(installation.directory.glob("*.log")):
        print(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}")  # noqa: T201


@pytest.fixture
def visitor_at() -> Iterator:
    """`visitor_at(url)`: somebody with a browser and a JSON client, both closed at the end."""
    visitors: list[Visitor] = []

    def open_one(url: str) -> Visitor:
        visitors.append(Visitor(url))
        return visitors[-1]

    yield open_one
    for visitor in visitors:
        visitor.close()
