"""The two steps between servers and processes: the schema, and the demo workspace."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from launcher.messages import Trouble, disk_full, say, tail
from launcher.paths import ROOT, private_dir
from launcher.schema import is_current
from launcher.servers import Servers


def bring_schema_up(servers: Servers, environ: Mapping[str, str], home: Path) -> None:
    """Migrate when the database is not at the newest migration already."""
    with servers.connect() as connection:
        current = is_current(connection)
    if not current:
        say("Bringing the database up to date …")
        finish(start_flask(["db", "upgrade"], environ, home), "The database could not be migrated")


class Step:
    """A command of the application that runs once. What it answers and what it logs are kept
    apart, both in the log folder: the answer is for the person at the terminal."""

    def __init__(self, command: list[str], log: Path, environ: Mapping[str, str]) -> None:
        self.log = log
        self.answer = log.with_suffix(".txt")
        with log.open("wb") as errors, self.answer.open("wb") as output:
            self.popen = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def is_over(self) -> bool:
        return self.popen.poll() is not None


def start_flask(words: list[str], environ: Mapping[str, str], home: Path) -> Step:
    log = private_dir(home / "log") / f"{'-'.join(words)}.log"
    return Step([sys.executable, "-m", "flask", *words], log, environ)


def finish(step: Step, failure: str) -> None:
    """Wait for a step. Errors: Trouble with the end of its output."""
    if step.popen.wait() == 0:
        return
    lines = tail(step.log)
    if any("No space left on device" in line for line in lines):
        raise disk_full(step.log.parent)
    said = "\n".join(f"  {line}" for line in lines)
    raise Trouble(f"{failure}. The end of what it said ({step.log}):\n{said}")
