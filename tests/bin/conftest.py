"""Folders and a small stand-in project for the commands of bin/."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from launcher.ports import PortBook

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home():
    """An instance folder. Unlike pytest's own it may be passed through, so that PostgreSQL can
    run as another user when the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="parakeet-"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def ports(home):
    return PortBook(home)


@pytest.fixture
def taken_port():
    """A port a stranger listens on."""
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        yield stranger.getsockname()[1]
