"""A Redis of a test's own: stopped, emptied and started again without disturbing anybody."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.servers.ports import free_port


def redis_program() -> str:
    """`redis-server` on PATH, else the one beside this Python."""
    beside = Path(sys.executable).parent / "redis-server"
    return shutil.which("redis-server") or str(beside)


@dataclass
class RedisServer:
    """Keeps nothing on disk: what it held is gone when it was stopped."""

    directory: Path
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> RedisServer:
        words = f"--port {self.port} --bind 127.0.0.1 --save --appendonly no".split()
        self._process = subprocess.Popen(
            [redis_program(), *words],
            cwd=self.directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < end, "Redis did not start"
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(60)

    def flush(self) -> None:
        with Redis.from_url(self.url) as client:
            client.flushall()

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url) as client:
                return bool(client.ping())
        except (RedisError, OSError):
            return False


@contextmanager
def redis_server(directory: Path) -> Iterator[RedisServer]:
    """A running server, gone at the end."""
    server = RedisServer(directory).start()
    try:
        yield server
    finally:
        server.stop()
