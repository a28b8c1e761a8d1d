"""Sockets to hosts that people typed in: guarded, verified, and bounded in time as a whole.

Every connection of a mail adapter or a discovery probe is opened here. The egress guard turns the
name into one checked address and that very address is connected to, so a second DNS answer cannot
lead elsewhere; the certificate is still verified against the name.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from app.core.egress import EgressBlocked, NameUnknown, is_allowed_target, resolve_allowed

Resolve = Callable[[str, int], str]
REFUSED = (EgressBlocked, NameUnknown)

RECEIVE_BYTES = 65_536


class Deadline:
    """A point in time by which a whole conversation must be over.

    Socket timeouts start again with every packet, so a server that drips one byte a second would
    hold a worker for ever; the remaining time of a deadline only shrinks.
    """

    def __init__(self, seconds: float, step: float | None = None) -> None:
        self._ends = time.monotonic() + seconds
        self._step = step

    @property
    def left(self) -> float:
        """Seconds to the end, negative when it has passed."""
        return self._ends - time.monotonic()

    def patient(self) -> Deadline:
        """The same end, without a limit for the single step."""
        return Deadline(self.left)

    def remaining(self) -> float:
        """Seconds the next socket call may take. Raises TimeoutError when none are left."""
        left = self.left
        if left <= 0:
            raise TimeoutError("the server took too long")
        return left if self._step is None else min(left, self._step)


class Reader(Protocol):
    """What imaplib and smtplib ask of a connection's reading side."""

    def readline(self, limit: int = -1) -> bytes: ...
    def read(self, size: int) -> bytes: ...
    def close(self) -> None: ...


class WireReader:
    """Buffered reading from a socket under a deadline. Not thread-safe."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self.sock = sock
        self.deadline = deadline
        self._buffer = bytearray()

    @property
    def buffered(self) -> int:
        """Bytes already received and not yet read."""
        return len(self._buffer)

    def has_line(self) -> bool:
        """A whole line can be read without waiting."""
        return b"\n" in self._buffer

    def receive(self) -> bool:
        """Wait for more bytes. False at the end of the stream, TimeoutError past the deadline."""
        self.sock.settimeout(self.deadline.remaining())
        chunk = self.sock.recv(RECEIVE_BYTES)
        self._buffer += chunk
        return bool(chunk)

    def receive_now(self) -> bool:
        """Take what has already arrived, waiting for nothing. False at the end of the stream."""
        self.sock.settimeout(0)
        while True:
            try:
                chunk = self.sock.recv(RECEIVE_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError):
                return True
            if not chunk:
                return False
            self._buffer += chunk

    def readline(self, limit: int = -1) -> bytes:
        """One line with its end; shorter at the end of the stream or past `limit` bytes."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            if 0 <= limit <= start or not self.receive():
                end = len(self._buffer) - 1
                break
        return self._take(end + 1)

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end of the stream."""
        if size <= len(self._buffer):
            return self._take(size)
        whole = bytearray(size)
        filled = len(self._buffer)
        whole[:filled] = self._buffer
        self._buffer.clear()
        view = memoryview(whole)
        while filled < size:
            self.sock.settimeout(self.deadline.remaining())
            count = self.sock.recv_into(view[filled:])
            if not count:
                break
            filled += count
        return bytes(view[:filled])

    def close(self) -> None:
        """Forget what was buffered; the socket belongs to the caller."""
        self._buffer.clear()

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


@dataclass(frozen=True)
class Network:
    """How adapters reach hosts: the egress guard, and the certificates that are trusted.

    `plaintext_allowed(host, port)` says whether a password may travel without TLS; only exact
    targets an operator has opened (the local mail world, tests) qualify.
    """

    resolve: Resolve = resolve_allowed
    plaintext_allowed: Callable[[str, int], bool] = is_allowed_target
    ca_file: str | None = None

    def connect(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """A TCP connection to the checked address of `host`. Raises OSError or `REFUSED`."""
        address = self.resolve(host, port)
        sock = socket.create_connection((address, port), timeout=deadline.remaining())
        # Small writes follow each other (the body, then the final dot): Nagle would hold the
        # second until the first is acknowledged, about 40 ms a mail.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def secure(self, sock: socket.socket, host: str, deadline: Deadline) -> ssl.SSLSocket:
        """TLS over `sock`, the certificate verified for `host`. Raises ssl.SSLError, OSError."""
        sock.settimeout(deadline.remaining())
        return _tls_context(self.ca_file).wrap_socket(sock, server_hostname=host)


@cache
def _tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Made once: reading the system's authorities takes longer than many a handshake."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def shut(sock: socket.socket | None) -> None:
    """Close a socket whose fate no longer matters."""
    if sock is None:
        return
    with contextlib.suppress(OSError):
        sock.close()
