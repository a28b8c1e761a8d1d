"""A whole installation of its own: every process of the Procfile on loopback, real data, no mocks.

Used where only the real thing proves anything: browser journeys, crash storms, Redis outages.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import requests
import sqlalchemy as sa
from cryptography.fernet import Fernet
from redis import Redis

from tests.servers.ports import free_port

ROOT = Path(__file__).parents[2]
WORKERS = ("send", "sync", "default", "bulk")
READY_SECONDS = 180  # eight processes start at once, beside other tests


def until(what: str, ask: Callable[[], object], seconds: float = 60) -> object:
    """Ask until the answer is true; fail with `what` when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


@dataclass
class Installation:
    """Starts, kills and stops the processes of one installation."""

    directory: Path
    server_url: str
    redis_url: str
    extra: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)
    imap_port: int = field(default_factory=free_port)
    name: str = field(default_factory=lambda: f"parakeet_whole_{uuid4().hex[:10]}")
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """The database of this installation."""
        return (
            sa.make_url(self.server_url)
            .set(database=self.name)
            .render_as_string(hide_password=False)
        )

    def environ(self) -> dict[str, str]:
        """The environment of every process."""
        if not hasattr(self, "_environ"):
            mail = f"127.0.0.1:{self.smtp_port},127.0.0.1:{self.imap_port}"
            self._environ = {
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "TZ": "UTC",
                "FLASK_APP": "wsgi",
                "PARAKEET_ENV": "test",
                "PUBLIC_URL": self.url,
                "SECRET_KEY": secrets.token_hex(32),
                "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
                "DATABASE_URL": self.database_url,
                "REDIS_URL": self.redis_url,
                "INSTANCE_DIR": str(self.directory),
                "EGRESS_ALLOW": mail,
                "SANDBOX_KEY": secrets.token_hex(16),
                "SANDBOX_SMTP_PORT": str(self.smtp_port),
                "SANDBOX_IMAP_PORT": str(self.imap_port),
                "LOG_LEVEL": "WARNING",
                **self.extra,
            }
        return self._environ

    def start(self, *, workers: tuple[str, ...] = WORKERS) -> "Installation":
        """Create the database and start everything; returns when the pages answer."""
        with Redis.from_url(self.redis_url) as redis:
            redis.flushdb()
        self._admin(f'CREATE DATABASE "{self.name}"')
        self.flask("db", "upgrade")
        gunicorn = f"-m gunicorn wsgi:app --bind 127.0.0.1:{self.port} --worker-class gthread"
        self.spawn(
            "web",
            *f"{gunicorn} --workers 1 --threads 8 --graceful-timeout 2 --no-control-socket".split(),
        )
        self.spawn("sandbox", "-m", "app.sandbox")
        for queue in workers:
            self.spawn(queue, "worker.py", queue)
        self.spawn("scheduler", "worker.py", "scheduler")
        self.spawn("watch", "worker.py", "watch")
        until("the pages answer", self._is_ready, READY_SECONDS)
        return self

    def spawn(self, name: str, *arguments: str) -> None:
        """Start one process in a group of its own, its words in a file."""
        with (self.directory / f"{name}.log").open("ab") as words:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environ(),
                stdout=words,
                stderr=words,
                start_new_session=True,
            )

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Kill a process and its children at once."""
        process = self.processes.pop(name)
        os.killpg(process.pid, number)
        process.wait(60)

    def flask(self, *arguments: str) -> str:
        """Run a flask command of this installation."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT,
            env=self.environ(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def words(self, name: str) -> str:
        """What a process said."""
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        """Stop everything and drop the database."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for name, process in self.processes.items():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(60)
                print(f"{name} had to be killed")  # noqa: T201 - seen when a test fails
        self.processes.clear()
        self._admin(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def _admin(self, statement: str) -> None:
        engine = sa.create_engine(self.server_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()

    def _is_ready(self) -> bool:
        if self.processes["web"].poll() is not None:
            raise AssertionError("the web process ended:\n" + self.words("web")[-4000:])
        try:
            return requests.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except requests.RequestException:
            return False
