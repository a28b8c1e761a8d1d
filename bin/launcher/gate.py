"""bin/test: the gate, one named step after the other; the first that fails ends it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from launcher.lock import take_lock
from launcher.messages import Trouble, say
from launcher.paths import ROOT, check_space, instance_dir, private_dir
from launcher.run import ignore_signals, interrupt_on_signals
from launcher.secret_store import load_secrets
from launcher.servers import Servers
from launcher.settings import process_environ

LINT_STEPS: dict[str, list[str]] = {
    "ruff": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "floors": ["importlinter.cli", "lint"],
    "types": ["mypy"],
    "templates": ["djlint", "--lint", "--quiet", "templates"],
    "house rules": ["scripts.lint"],
}
PARTS = ("lint", "unit", "browser", "long", "all")
MARKS = {
    "": "not long",
    "unit": "not long and not browser",
    "browser": "browser",
    "long": "long",
    "all": "",
}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DOVECOT = ("dovecot",)


class Failed(Exception):
    """A step failed; what it said is on the screen already."""


def run(arguments: list[str]) -> int:
    parts = [word for word in arguments if word in PARTS]
    others = [word for word in arguments if word not in PARTS]
    try:
        if not parts or {"lint", "all"} & set(parts):
            lint()
        chosen = [part for part in parts if part != "lint"]
        if parts == ["lint"]:
            return 0
        return tests(chosen, others)
    except Failed as failed:
        say(f"\nFAILED: {failed}")
        return 1


# lint -----------------------------------------------------------------------------------------


def lint() -> None:
    """Everything that needs no server. Errors: Failed with the name of the step."""
    for name, words in LINT_STEPS.items():
        step(name, lambda words=words: python(words))  # type: ignore[misc]


def step(name: str, act: Callable[[], subprocess.CompletedProcess[str]]) -> None:
    """Run one step; show its output only when it fails."""
    began = time.monotonic()
    done = act()
    if done.returncode != 0:
        say(done.stdout)
        raise Failed(name)
    say(f"ok  {name} ({time.monotonic() - began:.1f} s)")


def python(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env=os.environ | process_environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


# tests ----------------------------------------------------------------------------------------


def tests(parts: list[str], arguments: list[str]) -> int:
    """pytest on servers of its own; what it sums up is the last thing on the screen."""
    interrupt_on_signals()
    environ = os.environ | process_environ() | programs()
    given = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    home = private_dir(instance_dir() / "test")
    with take_lock(home, "bin/test"):
        check_space(home)
        servers = Servers(
            home,
            load_secrets(home),
            database_url=given[0],
            redis_url=given[1],
            durable=False,
        )
        try:
            servers.start()
            environ["TEST_DATABASE_URL"] = servers.database_url
            environ["TEST_REDIS_URL"] = servers.redis_url
            return pytest(parts, arguments, environ)
        finally:
            ignore_signals()
            servers.stop()


def pytest(parts: list[str], arguments: list[str], environ: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-ra", "-m", mark_of(parts)]
    # By tests/distribution.py, in the order they were collected: xdist would begin with the files
    # that stay together, the browser's among them.
    order = ["--dist", "loadscope", "--no-loadscope-reorder"]
    return subprocess.run(
        [*command, *order, *arguments], cwd=ROOT, env=environ, check=False
    ).returncode


def mark_of(parts: list[str]) -> str:
    """The marker expression of the parts asked for; of several, any will do."""
    wanted = [MARKS[part] for part in parts] or [MARKS[""]]
    return "" if "" in wanted else " or ".join(f"({mark})" for mark in wanted)


def programs() -> dict[str, str]:
    """Chromium and Dovecot, where they are. Tests that need a missing one are skipped with a
    reason, but not in continuous integration: there everything is to be run."""
    found = {"CHROMIUM": which(CHROMIUM), "DOVECOT": which(DOVECOT)}
    for name, path in found.items():
        say(f"{name.capitalize()}: {path or 'not found, its tests are skipped'}")
    missing = [name.capitalize() for name, path in found.items() if not path]
    if missing and os.environ.get("CI"):
        raise Trouble(f"{' and '.join(missing)} must be installed in continuous integration.")
    return {name: path for name, path in found.items() if path}


def which(names: tuple[str, ...]) -> str:
    """Full path of the first program there is; system folders count even if not on PATH."""
    folders = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    return next((path for name in names if (path := shutil.which(name, path=folders))), "")
