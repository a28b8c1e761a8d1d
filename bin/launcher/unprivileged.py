"""PostgreSQL refuses to run as root: whom it runs as then, and where that user may read."""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PREFERRED = ("parakeet", "postgres")
LAST_RESORT = "nobody"
SHARED_STATE = Path("/var/lib")


@dataclass(frozen=True)
class Account:
    """The system user a server runs as; `None` ids mean: as we are."""

    uid: int | None = None
    gid: int | None = None

    @property
    def is_other(self) -> bool:
        return self.uid is not None

    def popen_options(self) -> dict[str, object]:
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> Path:
        """Make an existing path this user's."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)
        return path


def account_for(data: Path) -> Account:
    """Ourselves, unless we are root. For data that exists: its owner, so that it stays usable."""
    if os.geteuid() != 0:
        return Account()
    if data.exists() and data.stat().st_uid != 0:
        return account_of(data.stat().st_uid)
    found = next((name for name in PREFERRED if exists(name)), None)
    return named_account(found or created_account() or LAST_RESORT)


def account_of(uid: int) -> Account:
    try:
        return Account(uid, pwd.getpwuid(uid).pw_gid)
    except KeyError:
        return Account(uid, uid)


def exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def created_account() -> str | None:
    """A new system user, where this machine has the tool for it and lets us."""
    tool = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if tool is None:
        return None
    command = [tool, "--system", "--no-create-home", "--user-group", "--shell", "/bin/false"]
    done = subprocess.run([*command, PREFERRED[0]], capture_output=True, check=False)
    return PREFERRED[0] if done.returncode == 0 else None


def named_account(name: str) -> Account:
    entry = pwd.getpwnam(name)
    return Account(entry.pw_uid, entry.pw_gid)


def can_reach(account: Account, path: Path) -> bool:
    """May the user pass through every folder above `path`, and use `path` itself?"""
    if not account.is_other:
        return True
    return permits(account, path, 0o5) and all(permits(account, up, 0o1) for up in path.parents)


def permits(account: Account, path: Path, bits: int) -> bool:
    """Does the user have these permission bits (4 read, 2 write, 1 pass or execute) there?"""
    stats = path.stat()
    if stats.st_uid == account.uid:
        bits <<= 6
    elif stats.st_gid == account.gid or stats.st_gid in groups_of(account):
        bits <<= 3
    return stats.st_mode & bits == bits


def groups_of(account: Account) -> set[int]:
    try:
        name = pwd.getpwuid(account.uid or 0).pw_name
    except KeyError:
        return set()
    return {group.gr_gid for group in grp.getgrall() if name in group.gr_mem}


def reachable_place(account: Account, wished: Path) -> Path:
    """`wished`, or a place of the same installation under /var/lib when the user cannot get
    to it: the folders above, such as /root, are left as private as they are."""
    if not account.is_other or all(permits(account, up, 0o1) for up in wished.parents):
        return wished
    digest = hashlib.sha256(str(wished.parent).encode()).hexdigest()[:10]
    place = SHARED_STATE / f"parakeet-{digest}"
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o711)
    return place / wished.name
