"""A line-based server for conversations no real server would have."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO


class Conversation:
    """One client, from the server's side."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file: IO[bytes] = sock.makefile("rb")

    def say(self, *lines: str) -> None:
        self.sock.sendall("".join(f"{line}\r\n" for line in lines).encode("latin-1"))

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def hear(self) -> str:
        """One line from the client; "" when it has hung up."""
        return self.file.readline().decode("latin-1").rstrip("\r\n")

    def commands(self) -> Iterator[tuple[str, str]]:
        """IMAP commands as (tag, rest) until the client hangs up."""
        while line := self.hear():
            tag, _, rest = line.partition(" ")
            yield tag, rest


@contextmanager
def line_server(
    talk: Callable[[Conversation], None], tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """A loopback port where `talk` runs for each client in a thread. It may just return."""
    listener = socket.create_server(("127.0.0.1", 0))
    clients: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(sock: socket.socket) -> None:
        with suppress(OSError, ValueError), _secured(sock, tls) as client:
            clients.append(client)
            conversation = Conversation(client)
            with conversation.file:
                talk(conversation)
                client.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                clients.append(sock)
                threads.append(threading.Thread(target=serve, args=(sock,), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        # Closing alone wakes nobody who waits for a client or for a line.
        _hang_up([listener])
        accepting.join(60)
        listener.close()
        ends = time.monotonic() + 60
        while any(thread.is_alive() for thread in threads) and time.monotonic() < ends:
            _hang_up(clients)
            for thread in threads:
                thread.join(0.1)


@contextmanager
def _secured(sock: socket.socket, tls: ssl.SSLContext | None) -> Iterator[socket.socket]:
    """The client's socket, with the server's side of TLS where asked for; closed at the end."""
    with sock:
        if tls is None:
            yield sock
            return
        with tls.wrap_socket(sock, server_side=True) as wrapped:
            yield wrapped


def _hang_up(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
