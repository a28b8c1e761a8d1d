"""A running mail world for the tests of this room, and an app that knows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.settings import settings
from tests.sandbox.world import KEY, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world of its own, at a hundred times the speed."""
    world = World(tmp_path, {"SANDBOX_SPEED": "100"}).start()
    yield world
    if world.process is not None:
        world.end()


@pytest.fixture
def configured(app: object) -> Iterator[None]:
    """The installation has a sandbox; nothing listens there yet."""
    before = (settings.sandbox_key, settings.sandbox_smtp_port, settings.sandbox_imap_port)
    settings.sandbox_key, settings.sandbox_smtp_port, settings.sandbox_imap_port = KEY, 1, 1
    yield
    settings.sandbox_key, settings.sandbox_smtp_port, settings.sandbox_imap_port = before


@pytest.fixture
def connected(configured: None, world: World) -> World:
    """The installation's sandbox is running."""
    settings.sandbox_smtp_port, settings.sandbox_imap_port = world.smtp_port, world.imap_port
    return world
