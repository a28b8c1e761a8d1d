"""A running mail world for the tests of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world of its own, at a hundred times the speed."""
    world = World(tmp_path, {"SANDBOX_SPEED": "100"}).start()
    yield world
    if world.process is not None:
        world.end()
