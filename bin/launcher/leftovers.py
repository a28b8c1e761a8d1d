"""Processes of a run that was killed: found by a mark in their environment, and ended."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil

from launcher.messages import say

MARK = "PARAKEET_LAUNCHED_FOR"


def mark(home: Path) -> dict[str, str]:
    """The variable every process of this instance is started with."""
    return {MARK: str(home)}


def marked_processes(home: Path) -> list[psutil.Process]:
    """All living processes of this instance but ourselves. A mark survives forks, new sessions
    and the death of parents, and unlike a stored process id it never points at a stranger."""
    return [process for process in psutil.process_iter() if is_marked(process, home)]


def is_marked(process: psutil.Process, home: Path) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(MARK) == str(home)
    except (psutil.Error, OSError):
        return False


def end_leftovers(home: Path) -> None:
    """Stop what a killed run left behind. PostgreSQL and Redis carry no mark: they are adopted."""
    found = marked_processes(home)
    if found:
        noun = "process" if len(found) == 1 else "processes"
        say(f"Ending {len(found)} {noun} left by an earlier run …")
        end_marked(home, patience=6)


def end_marked(home: Path, patience: float) -> None:
    """End every process of this instance; a few rounds, as one may start another meanwhile."""
    for _ in range(5):
        found = marked_processes(home)
        if not found:
            return
        end(found, patience)
        patience = 0


def end(processes: list[psutil.Process], patience: float) -> None:
    """Ask first, then insist."""
    send(processes, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(processes, timeout=patience)
    send(stubborn, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=3)


def send(processes: list[psutil.Process], signal_number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(signal_number)
        except psutil.Error:
            continue
