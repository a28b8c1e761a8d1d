"""Where things are: the project, its virtual environment and the instance folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from launcher.messages import little_space

ROOT = Path(__file__).resolve().parents[2]
SPACE_NEEDED = 300 * 1024 * 1024


def instance_dir() -> Path:
    """The folder of this installation's data: INSTANCE_DIR, else instance/ in the project."""
    return Path(os.environ.get("INSTANCE_DIR") or ROOT / "instance").expanduser().resolve()


def venv_bin() -> Path:
    return Path(sys.executable).parent


def private_dir(path: Path) -> Path:
    """A folder only its owner may look into. When we are root others may pass through it, as
    PostgreSQL runs as another user then; what lies in it is private by itself."""
    if not path.exists():
        private_dir(path.parent)
        path.mkdir()
        path.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner alone; on disk when this returns."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def check_space(folder: Path) -> None:
    """Refuse to start servers on a disk that is about to fill up."""
    stats = os.statvfs(folder)
    if stats.f_bavail * stats.f_frsize < SPACE_NEEDED:
        raise little_space(folder, SPACE_NEEDED)
