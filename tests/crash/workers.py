"""The real processes of the house, as a process manager would start them, to be killed at will."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent.parent


class Fleet:
    """Worker processes by queue, and the scheduler; what is killed is started again."""

    def __init__(self, environment: dict[str, str], *roles: str) -> None:
        self.environment = os.environ | environment
        self._sessions = set[int]()
        self._running = [(role, self._start(role)) for role in roles]

    def _start(self, role: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(ROOT / "worker.py"), role]
        process = subprocess.Popen(
            command,
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._sessions.add(process.pid)
        return process

    def children(self) -> list[int]:
        """The processes in which workers run a job right now."""
        found = []
        for role, process in self._running:
            if role == "send":
                with suppress(FileNotFoundError):
                    tasks = Path(f"/proc/{process.pid}/task/{process.pid}/children")
                    found += [int(pid) for pid in tasks.read_text().split()]
        return found

    def kill_a_child(self) -> bool:
        """kill -9 of a job's process in the middle of its job."""
        children = self.children()
        if not children:
            return False
        with suppress(ProcessLookupError):
            os.kill(random.choice(children), signal.SIGKILL)
        return True

    def kill_a_worker(self) -> None:
        """kill -9 of a worker; the process of its job lives on as an orphan."""
        index = random.choice([i for i, (role, _) in enumerate(self._running) if role == "send"])
        role, process = self._running[index]
        process.kill()
        process.wait()
        self._running[index] = (role, self._start(role))

    def end(self) -> None:
        """Kill every process that ever began here, orphans of killed workers too."""
        while left := list(filter(self._is_ours, psutil.process_iter())):
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(left, timeout=1)
        for _, process in self._running:
            process.wait()

    def _is_ours(self, process: psutil.Process) -> bool:
        """Alive and of a session that began here. One that is killed may just have forked."""
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            ours = os.getsid(process.pid) in self._sessions
            return ours and process.status() != psutil.STATUS_ZOMBIE
        return False


@contextmanager
def fleet(environment: dict[str, str], *roles: str) -> Iterator[Fleet]:
    """Running workers, all gone at the end."""
    running = Fleet(environment, *roles)
    try:
        yield running
    finally:
        running.end()
