"""An embedded Redis: started, found again after a killed run, stopped."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import psutil

from launcher.messages import no_redis_here, say, server_failed, tail
from launcher.paths import private_dir, venv_bin, write_private
from launcher.ports import LOOPBACK, PortBook
from launcher.processes import lives

NAMES = ("redis-server", "valkey-server")
START_SECONDS = 30


def redis_program() -> Path:
    """The machine's own server when it has one, else the one among the packages. The virtual
    environment is left out of the search: it may stand first on PATH and holds an older one."""
    outside = [part for part in os.get_exec_path() if Path(part) != venv_bin()]
    for name in NAMES:
        found = shutil.which(name, path=os.pathsep.join(outside))
        if found:
            return Path(found)
    packaged = venv_bin() / NAMES[0]
    if packaged.exists():
        return packaged
    raise no_redis_here()


class Redis:
    """One data folder and the server on it."""

    def __init__(self, home: Path, password: str, ports: PortBook, *, durable: bool = True) -> None:
        self.home = home / "redis"
        self.log = self.home / "server.log"
        self.process_file = self.home / "redis.pid"
        self.password = password
        self.ports = ports
        self.durable = durable
        self.port = 0
        self.popen: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def start(self) -> None:
        """Have the server running. Finds one left by a killed run; sets a damaged journal aside,
        as everything Redis holds can be rung again from the database."""
        private_dir(self.home)
        if self.adopt():
            return
        if not self.launch():
            if not self.set_journal_aside() or not self.launch():
                raise server_failed("Redis", self.log, tail(self.log))
            say(f"Redis could not read its journal; it was set aside in {self.home}.")

    def adopt(self) -> bool:
        """True when a server of an earlier run answers to our password."""
        self.port = self.ports.read().get("redis", 0)
        deadline = time.monotonic() + START_SECONDS
        while self.port and (answer := self.ask("PING")) and time.monotonic() < deadline:
            if answer == "+PONG":
                say("Found Redis still running from an earlier run; going on with it.")
                return True
            time.sleep(0.05)  # it is still reading its journal
        return False

    def restart(self) -> None:
        """After it ended by itself: at the same port, as that is where the application looks."""
        self.ports.require_same(self.port)
        self.start()

    def launch(self) -> bool:
        self.port = self.ports.port_for("redis")
        settings = self.home / "redis.conf"
        write_private(settings, self.settings())
        program = redis_program()
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                [str(program), str(settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                env={"PATH": os.defpath, "TZ": "UTC"},
                start_new_session=True,  # Ctrl-C in the terminal must not reach it before us
            )
        deadline = time.monotonic() + START_SECONDS
        while self.popen.poll() is None and time.monotonic() < deadline:
            if self.is_up():
                return True
            time.sleep(0.02)
        return False

    def settings(self) -> str:
        lines = [
            f"port {self.port}",
            f"bind {LOOPBACK}",
            f"requirepass {self.password}",
            f'dir "{self.home}"',
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            "daemonize no",
            f'pidfile "{self.process_file}"',
            "databases 64",
        ]
        return "\n".join(lines) + "\n"

    def set_journal_aside(self) -> bool:
        """Move the append-only file, of either layout, out of the way."""
        journals = [*self.home.glob("appendonly.aof"), *self.home.glob("appendonlydir")]
        for journal in journals:
            journal.rename(journal.with_name(f"{journal.name}.damaged-{time.time_ns()}"))
        return bool(journals)

    def runs(self) -> bool:
        """Whether its process lives. One of an earlier run is known by the file it wrote."""
        if self.popen:
            return self.popen.poll() is None
        try:
            process = psutil.Process(int(self.process_file.read_text()))
            return process.name().startswith(NAMES) and lives(process)
        except FileNotFoundError:
            return self.is_up()
        except (ValueError, psutil.Error):
            return False

    def is_up(self) -> bool:
        """True when our server answers, and has read its journal to the end."""
        return self.ask("PING") == "+PONG"

    def ask(self, command: str) -> str:
        """The first line of the answer to one command; empty when nobody answers to us."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\n{command}\r\n".encode())
                answers = connection.makefile("rb")
                accepted = answers.readline().startswith(b"+OK")
                return answers.readline().decode().strip() if accepted else ""
        except OSError:
            return ""

    def stop(self) -> None:
        """Write everything down and end the server. Quiet when none runs."""
        if not self.is_up():
            return
        self.ask("SHUTDOWN")
        deadline = time.monotonic() + 10
        while self.is_up() and time.monotonic() < deadline:
            time.sleep(0.02)
        if self.popen:
            self.popen.wait()
