"""Reading a small public file over HTTP(S) from a host that somebody else chose."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from app.core.egress import WEB_PORTS, resolve_allowed
from app.providers.network import REFUSED, Deadline, Network

MAX_BYTES = 65_536
TIMEOUT_SECONDS = 5.0


def _resolve(host: str, port: int) -> str:
    return resolve_allowed(host, port, WEB_PORTS)


def fetch_small(url: str, network: Network | None = None) -> bytes | None:
    """The body of a 200 answer of at most 64 kB, else None. Redirects are not followed.

    The whole exchange takes at most five seconds, whatever the other side does.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    deadline = Deadline(TIMEOUT_SECONDS)
    network = network or Network(resolve=_resolve)
    connection = http.client.HTTPConnection(host, port)
    try:
        sock = network.connect(host, port, deadline)
        connection.sock = sock
        if parts.scheme == "https":
            connection.sock = network.secure(sock, host, deadline)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET", path, headers={"Host": host, "Accept": "text/xml"})
        return _read(connection, deadline)
    except (*REFUSED, OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _read(connection: http.client.HTTPConnection, deadline: Deadline) -> bytes | None:
    sock = connection.sock
    sock.settimeout(deadline.remaining())
    answer = connection.getresponse()
    if answer.status != 200:
        return None
    body = bytearray()
    while len(body) <= MAX_BYTES:
        sock.settimeout(deadline.remaining())
        chunk = answer.read1(MAX_BYTES)
        if not chunk:
            return bytes(body)
        body += chunk
    return None
