"""Make .venv and install the pinned packages. Run by the machine's own Python, so it imports
nothing but the standard library and lives in one file apart from its neighbours."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SPACE_NEEDED = 900 * 1024 * 1024

NO_VENV_MODULE = """\
This Python ({python}) cannot make virtual environments: its venv and pip parts are missing.
  Debian, Ubuntu:  apt-get install python{version}-venv
Then run the command again. Another Python can be named with PYTHON=/path/to/python3.12."""

DISK_FULL = """\
The disk that holds {place} is full: Parakeet's packages need about 900 MB there.
Free some space and run the command again; it goes on where it stopped."""

NOT_WRITABLE = """\
{place} cannot be written by this user.
Run the command as the user who owns this folder, or copy the folder to a place of your own."""

NO_NETWORK = """\
The packages could not be fetched: the package index did not answer.
Check the network (and HTTPS_PROXY, PIP_INDEX_URL if this machine needs them), then run the
command again; it goes on where it stopped."""

NO_BUILD = """\
A package has no ready-made build for this machine ({machine}, {libc}, Python {version}).
Python 3.11 or 3.12 on 64-bit Linux (glibc) or macOS has builds of all of them:
  rm -r .venv && PYTHON=python3.12 bin/run"""

FAILED = "The packages could not be installed. What the installer said is above."


def main(names: list[str]) -> None:
    """Bring .venv up to the requirements files named; one process at a time."""
    try:
        with (ROOT / ".venv.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not installed(names):
                check_space()
                make_venv()
                install(names)
    except PermissionError as error:
        stop(NOT_WRITABLE.format(place=error.filename))
    except OSError:
        check_space(minimum=1024 * 1024)
        raise


def installed(names: list[str]) -> bool:
    return PYTHON.exists() and all(stamp(name).exists() and is_current(name) for name in names)


def is_current(name: str) -> bool:
    return stamp(name).read_text().strip() == checksum(name)


def stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def checksum(name: str) -> str:
    """The same figure bin/launcher/python.sh compares with."""
    with (ROOT / name).open("rb") as file:
        return subprocess.run(
            ["cksum"], stdin=file, check=True, capture_output=True, text=True
        ).stdout.strip()


def check_space(minimum: int = SPACE_NEEDED) -> None:
    if shutil.disk_usage(ROOT).free < minimum:
        stop(DISK_FULL.format(place=ROOT))


def make_venv() -> None:
    """Make .venv with pip in it, unless a whole one is there."""
    if PYTHON.exists() and works([str(PYTHON), "-m", "pip", "--version"]):
        return
    print("Making the virtual environment …", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        run([sys.executable, "-m", "venv", str(VENV)])
    elif shutil.which("uv"):
        run(["uv", "venv", "--seed", "--python", sys.executable, str(VENV)])
    elif importlib.util.find_spec("venv") and works([sys.executable, "-m", "pip", "--version"]):
        run([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
        run([sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "-q", "pip"])
    else:
        stop(NO_VENV_MODULE.format(python=sys.executable, version=platform.python_version()[:4]))


def install(names: list[str]) -> None:
    """Install with uv where it is, as it is faster; with pip where uv is not or fails."""
    print("Installing the packages, once (about a minute) …", flush=True)
    files = [part for name in names for part in ("-r", name)]
    if not install_with_uv(files):
        install_with_pip(files)
    for name in names:
        stamp(name).write_text(checksum(name) + "\n")


def install_with_uv(files: list[str]) -> bool:
    uv = shutil.which("uv")
    command = [uv or "", "pip", "install", "-q", "--compile-bytecode", "--python", str(PYTHON)]
    return uv is not None and works([*command, *files])


def install_with_pip(files: list[str]) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "-q", "--no-input"]
    options = ["--disable-pip-version-check", "--no-warn-script-location"]
    run([*command, *options, *files], PIP_ROOT_USER_ACTION="ignore")


def works(command: list[str]) -> bool:
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def run(command: list[str], **variables: str) -> None:
    """Run a step; when it fails, show what it said and a sentence about it."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        print("\n".join(done.stdout.splitlines()[-15:]), file=sys.stderr)
        stop(sentence_for(done.stdout))


def sentence_for(output: str) -> str:
    """What to do about an installer's complaint."""
    said = output.lower()
    if "no space left" in said or "disk quota" in said:
        return DISK_FULL.format(place=ROOT)
    if any(word in said for word in ("name resolution", "connection", "timed out", "proxy")):
        return NO_NETWORK
    if any(word in said for word in ("no matching distribution", "failed building", "gcc")):
        libc = " ".join(platform.libc_ver()) or "its C library"
        return NO_BUILD.format(
            machine=platform.machine(), libc=libc, version=platform.python_version()
        )
    return FAILED


def stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
