"""One bin/run in one instance folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from launcher.messages import already_running
from launcher.paths import private_dir


def take_lock(home: Path, command: str) -> IO[str]:
    """Hold the folder until this process ends, however it ends.

    A record lock belongs to the process alone: children do not inherit it, so a killed
    launcher never leaves it behind.
    """
    file = (private_dir(home) / "lock").open("a+")
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        with file:
            file.seek(0)
            raise already_running(command, home, file.read().strip()) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
