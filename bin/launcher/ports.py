"""Ports on the loopback address: the asked-for one, and free ones remembered between runs."""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
from contextlib import closing
from pathlib import Path

from launcher.messages import Trouble, port_taken
from launcher.paths import write_private

LOOPBACK = "127.0.0.1"


def web_port() -> int:
    """PORT, 8000 without it."""
    asked = os.environ.get("PORT") or "8000"
    if not (asked.isascii() and asked.isdigit() and 0 < int(asked) < 65536):
        raise Trouble(f"PORT is {asked!r}; it must be a number from 1 to 65535, such as 8000.")
    return int(asked)


def require_free(port: int, host: str = LOOPBACK) -> None:
    if not is_free(port, host):
        raise port_taken(port, holder_of(port))


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """True when a server could listen there. Connections that are still closing do not count."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Trouble(
                f"Port {port} may only be used by root. Choose one above 1023:  PORT=8000 bin/run"
            ) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Trouble(
                    f"HOST is {host!r}, which is no address of this machine.\n"
                    "Without HOST only this machine is served; HOST=0.0.0.0 serves all others too."
                ) from None
            return False
    return True


def holder_of(port: int) -> str | None:
    """Name and id of the program that listens there, when this user may know it."""
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        return None
    return None


def any_free() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class PortBook:
    """Ports given to the servers of one instance folder, the same ones at every start."""

    def __init__(self, home: Path) -> None:
        self.path = home / "ports.json"
        self.writing = threading.Lock()

    def port_for(self, name: str) -> int:
        """The remembered port of `name`; another one when a stranger has taken it meanwhile."""
        with self.writing:
            ports = self.read()
            port = ports.get(name)
            if port is None or not is_free(port):
                port = unused(ports)
                self.write(ports | {name: port})
            return port

    def remember(self, name: str, port: int) -> None:
        with self.writing:
            self.write(self.read() | {name: port})

    def require_same(self, port: int) -> None:
        """Errors: Trouble as long as a stranger has the port of a server that is to come back."""
        if not is_free(port):
            raise Trouble(
                f"Port {port} was taken by another program meanwhile; the processes that run still"
                " look there.\nStop with Ctrl-C and start again."
            )

    def read(self) -> dict[str, int]:
        try:
            found = json.loads(self.path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, ports: dict[str, int]) -> None:
        if ports != self.read():
            write_private(self.path, json.dumps(ports, indent=2) + "\n")


def unused(ports: dict[str, int]) -> int:
    port = any_free()
    while port in ports.values():
        port = any_free()
    return port
