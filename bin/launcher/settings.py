"""The environment the application's processes are started with."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from launcher.leftovers import mark
from launcher.ports import LOOPBACK, PortBook
from launcher.servers import Servers

ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  compared with, not listened on


def web_host() -> str:
    return os.environ.get("HOST") or LOOPBACK


def local_host() -> str:
    """The address this machine itself reaches the web process at."""
    return LOOPBACK if web_host() in ANY_ADDRESS else web_host()


def in_url(host: str) -> str:
    """The host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def child_environ(
    home: Path, port: int, secrets: dict[str, str], servers: Servers
) -> dict[str, str]:
    """What is given from outside stays; the rest is filled in. The sandbox mail world is the
    only private target the application may talk to, at exactly these two ports."""
    book = PortBook(home)
    smtp, imap = book.port_for("sandbox_smtp"), book.port_for("sandbox_imap")
    defaults = {
        "PARAKEET_ENV": "development",
        "PUBLIC_URL": f"http://{in_url(local_host())}:{port}",
        "SECRET_KEY": secrets["SECRET_KEY"],
        "ENCRYPTION_KEYS": secrets["ENCRYPTION_KEYS"],
        "SANDBOX_KEY": secrets["SANDBOX_KEY"],
        "DEMO_PASSWORD": secrets["DEMO_PASSWORD"],
    }
    settled = {
        "HOST": web_host(),
        "PORT": str(port),
        "INSTANCE_DIR": str(home),
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "SANDBOX_SMTP_PORT": str(smtp),
        "SANDBOX_IMAP_PORT": str(imap),
        "EGRESS_ALLOW": f"{LOOPBACK}:{smtp},{LOOPBACK}:{imap}",
    }
    given = {name: value for name, value in os.environ.items() if value}
    return defaults | given | settled | process_environ() | mark(home)


def process_environ() -> dict[str, str]:
    """What every Python process of ours wants: our packages first, UTC, no buffered output."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {"PATH": path, "TZ": "UTC", "PYTHONUNBUFFERED": "1", "FLASK_APP": "wsgi"}
