"""A line-based server for conversations no real server would have."""

from __future__ import annotations

import socket
import ssl
import threading
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

    def serve(sock: socket.socket) -> None:
        try:
            wrapped = tls.wrap_socket(sock, server_side=True) if tls else sock
            clients.append(wrapped)
            talk(Conversation(wrapped))
            wrapped.shutdown(socket.SHUT_RDWR)
        except (OSError, ValueError):
            pass
        finally:
            sock.close()

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            clients.append(sock)
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        for sock in clients:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
