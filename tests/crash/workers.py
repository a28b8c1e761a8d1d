"""The real processes of the house, as a process manager would start them, to be killed at will."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from redis import Redis
from redis.exceptions import RedisError

ROOT = Path(__file__).parent.parent.parent


class OwnRedis:
    """A Redis that may be emptied and stopped."""

    def __init__(self) -> None:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = sock.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        near = Path(sys.executable).parent / "redis-server"
        program = shutil.which("redis-server") or str(near)
        options = ["--port", str(self.port), "--save", "", "--bind", "127.0.0.1"]
        self._process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            with suppress(RedisError):
                if self._client().ping():
                    return
            assert time.monotonic() < deadline, "Redis did not start"

    def flush(self) -> None:
        self._client().flushall()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _client(self) -> Redis[bytes]:
        return Redis(port=self.port)


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
        for pid in psutil.pids():
            with suppress(ProcessLookupError):
                if os.getsid(pid) in self._sessions:
                    os.kill(pid, signal.SIGKILL)
        for _, process in self._running:
            process.wait()


@contextmanager
def fleet(environment: dict[str, str], *roles: str) -> Iterator[Fleet]:
    """Running workers, all gone at the end."""
    running = Fleet(environment, *roles)
    try:
        yield running
    finally:
        running.end()
