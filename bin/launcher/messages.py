"""Sentences for the person at the terminal: what happened and what to do about it."""

from __future__ import annotations

import contextlib
import errno
import sys
from collections.abc import Iterable
from pathlib import Path


class Trouble(Exception):
    """Something expected went wrong; the text says what it was and what to do."""


def say(text: str = "") -> None:
    """To the terminal, which may have been closed meanwhile: then there is nobody to tell."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def complain(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def os_trouble(error: OSError) -> Trouble | None:
    """The sentence for an error of the operating system, None when it is not one we expect."""
    place = error.filename or "this folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(place)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Trouble(
            f"{place} cannot be written by this user.\n"
            "Run the command as the user who made this folder, or give INSTANCE_DIR a folder\n"
            "of your own."
        )
    return None


def disk_full(place: object) -> Trouble:
    return Trouble(
        f"The disk that holds {place} is full.\n"
        "Free some space and run the command again; nothing that was stored is lost."
    )


def little_space(place: object, needed: int) -> Trouble:
    return Trouble(
        f"The disk that holds {place} is nearly full: {needed // 1024**2} MB must be free there.\n"
        "Free some space and run the command again; nothing that was stored is lost."
    )


def port_taken(port: int, holder: str | None) -> Trouble:
    by = f" by {holder}" if holder else " by another program"
    return Trouble(
        f"Port {port} is taken{by}.\n"
        f"Stop that program, or choose another port:  PORT={port + 1} bin/run"
    )


def already_running(command: str, folder: Path, pid: str) -> Trouble:
    who = f" (process {pid})" if pid else ""
    return Trouble(
        f"{command} is already at work in this folder{who}.\n"
        f"Stop it with Ctrl-C first, or give this one a folder of its own:\n"
        f"  INSTANCE_DIR={folder}-2 PORT=8001 {command}"
    )


def server_failed(name: str, log: Path, lines: Iterable[str]) -> Trouble:
    said = "\n".join(f"  {line}" for line in lines)
    if "No space left on device" in said:
        return disk_full(log.parent)
    return Trouble(f"{name} did not start. The end of its log ({log}):\n{said}")


def no_postgres_here(machine: str) -> Trouble:
    return Trouble(
        f"There is no ready-made PostgreSQL for this kind of machine ({machine}).\n"
        "Install PostgreSQL 15 or later yourself, make a database, and say where it is:\n"
        "  DATABASE_URL=postgresql://user:password@127.0.0.1/parakeet bin/run"
    )


def no_redis_here() -> Trouble:
    return Trouble(
        "No Redis was found, and there is no ready-made one for this machine and Python.\n"
        "Any of these helps:\n"
        "  install it:                     apt-get install redis-server   (or valkey-server)\n"
        "  use Python 3.11 or 3.12:        rm -r .venv && PYTHON=python3.12 bin/run\n"
        "  use one that runs elsewhere:    REDIS_URL=redis://127.0.0.1:6379/0 bin/run"
    )


def tail(log: Path, count: int = 12) -> list[str]:
    """The last lines of a log file, none when it cannot be read."""
    try:
        return log.read_text(errors="replace").splitlines()[-count:]
    except OSError:
        return []
