"""Ports for servers that bind them later, or let go of them and come back."""

from __future__ import annotations

import socket
import sys
from collections import deque

MOST = 200
_held: deque[socket.socket] = deque()


def free_port() -> int:
    """A port nobody listens on, kept for whoever is told of it.

    The socket that found it stays bound without listening. A server, which binds with SO_REUSEADDR
    as all of ours do, comes in beside it; Linux gives the port to nobody else meanwhile.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    port = int(holder.getsockname()[1])
    _held.append(holder)
    if len(_held) > MOST or sys.platform != "linux":  # others would not let the server in
        _held.popleft().close()
    return port
