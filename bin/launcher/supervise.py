"""Keeps the processes of the Procfile running: starts them, writes their logs, starts them
again when they end, stops them all.

The file is read and the lines are printed by honcho; its manager is not used because it ends
everything as soon as one process ends, and a worker that was killed should simply come back.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import IO

from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from launcher.leftovers import end_marked
from launcher.messages import say
from launcher.paths import ROOT, private_dir

STOP_SECONDS = 6
STEADY_SECONDS = 20
LONGEST_PAUSE = 30
LOG_SIZE = 10 * 1024 * 1024


def read_procfile() -> dict[str, str]:
    """Commands of the Procfile by name."""
    return dict(parse_procfile((ROOT / "Procfile").read_text()).processes)


class Log:
    """One process's log, kept at one file and one older one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("ab", buffering=0)

    def write(self, data: bytes) -> None:
        if self.file.tell() > LOG_SIZE:
            self.file.close()
            self.path.replace(self.path.with_suffix(".log.1"))
            self.file = self.path.open("ab", buffering=0)
        self.file.write(data)


class Child:
    """A process that is meant to run all the time."""

    def __init__(self, name: str, command: str, log: Log) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.popen: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_at = 0.0
        self.failures = 0

    def start(self, environ: Mapping[str, str]) -> IO[bytes] | None:
        self.started_at = time.monotonic()
        self.popen = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {self.command}"],  # the shell reads it and steps aside
            cwd=ROOT,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal reaches the launcher alone
        )
        return self.popen.stdout

    @property
    def runs(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def close(self) -> None:
        """Collect the ended process and its log."""
        if self.popen and self.popen.stdout:
            self.popen.wait()
            self.popen.stdout.close()
        self.log.file.close()

    def plan_restart(self) -> float:
        """Seconds until the next start: longer each time it fails soon after starting."""
        steady = time.monotonic() - self.started_at > STEADY_SECONDS
        self.failures = 1 if steady else self.failures + 1
        pause = min(2.0 ** (self.failures - 1), LONGEST_PAUSE)
        self.start_at = time.monotonic() + pause
        return pause


class Supervisor:
    """All children, their output and the wish to stop."""

    def __init__(self, home: Path, environ: Mapping[str, str], *, verbose: bool = False) -> None:
        self.home = home
        self.environ = environ
        self.logs = private_dir(home / "log")
        self.children: list[Child] = []
        self.selector = selectors.DefaultSelector()
        self.printer = Printer() if verbose else None
        self.colours = get_colours()
        self.stop_signal = 0

    # signals ----------------------------------------------------------------------------------

    def install_handlers(self) -> None:
        """A shell that starts us in the background leaves SIGINT ignored: take it back."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.on_signal)

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.stop_signal and number == signal.SIGINT:
            end_marked(self.home, patience=0)
        self.stop_signal = number

    # running ----------------------------------------------------------------------------------

    def add(self, name: str, command: str) -> None:
        """Start a process and keep it running from now on."""
        child = Child(name, command, Log(self.logs / f"{name}.log"))
        self.children.append(child)
        self.start(child)

    def start(self, child: Child) -> None:
        child.start_at = 0.0
        output = child.start(self.environ)
        if output is not None:
            os.set_blocking(output.fileno(), False)
            self.selector.register(output, selectors.EVENT_READ, (child, next(self.colours)))

    def run_until(self, done: Callable[[], bool], pause: float = 0.2) -> None:
        """Carry output and restart what ends, until `done` or a signal."""
        while not self.stop_signal and not done():
            self.step(pause)
            self.restart_ended()

    def run_forever(self, tend: Callable[[], object]) -> None:
        """Until a signal; `tend` is called all the time."""
        self.run_until(lambda: bool(tend()))

    def step(self, pause: float) -> None:
        for key, _ in self.selector.select(pause):
            self.carry(key.fileobj, *key.data)  # type: ignore[arg-type]

    def carry(self, output: IO[bytes], child: Child, colour: str) -> None:
        data = output.read(65536)
        if data:
            child.log.write(data)
            if self.printer:
                message = Message("line", data, datetime.now(), child.name, colour)  # noqa: DTZ005
                self.printer.write(message)
        elif data == b"":
            self.selector.unregister(output)
            output.close()

    def restart_ended(self) -> None:
        for child in self.children:
            if child.runs:
                continue
            if not child.start_at:
                self.step(0)  # its last words may have come after the last look
                code = child.popen.returncode if child.popen else None
                pause = child.plan_restart()
                say(
                    f"{child.name} ended ({how(code)}); starting it again in {pause:.0f} s."
                    f" Its log: {child.log.path}"
                )
            elif time.monotonic() >= child.start_at:
                self.start(child)

    # stopping ---------------------------------------------------------------------------------

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """End all children: politely, then by force, and whatever they started."""
        for child in self.children:
            if child.runs and child.popen:
                child.popen.terminate()
        deadline = time.monotonic() + patience
        while any(child.runs for child in self.children) and time.monotonic() < deadline:
            self.step(0.05)
        end_marked(self.home, patience=0)
        for child in self.children:
            child.close()
        self.selector.close()


def how(code: int | None) -> str:
    """An exit code in words."""
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
