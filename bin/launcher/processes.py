"""Whether a process that is not our child still runs."""

from __future__ import annotations

import psutil


def lives(process: psutil.Process) -> bool:
    """True until the last of its threads has ended. One that is killed looks like a zombie as
    soon as its first thread is gone; those that end after it hold its ports meanwhile.

    Errors: psutil.Error when it is gone altogether or belongs to another user.
    """
    return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
