"""An SMTP server that keeps what it accepts, and misbehaves at any phase when asked to."""

from __future__ import annotations

import asyncio
import ssl
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Delivery:
    """One message the server took responsibility for."""

    sender: str
    recipients: list[str]
    content: bytes
    connection: int


@dataclass
class SmtpSink:
    """Accepts mail on a loopback port, in a thread of its own.

    `script` maps a phase (connect, ehlo, auth, mail, rcpt, data, body, dot) to what happens there:
    a reply such as "450 4.2.1 Busy", "hang", or "drop". At "dot", "drop" loses the answer after
    the message was stored, "drop unstored" before. `once` forgets a line of the script after use.
    """

    users: dict[str, str] = field(default_factory=lambda: {"alice@example.test": "secret"})
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    pipelining: bool = False
    max_size: int = 60_000_000
    auth_required: bool = True
    script: dict[str, str] = field(default_factory=dict)
    once: bool = False
    deliveries: list[Delivery] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._protocols: list[_Protocol] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()

    def start(self) -> SmtpSink:
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)

    def act(self, phase: str) -> str | None:
        return self.script.pop(phase, None) if self.once else self.script.get(phase)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        # The clients these tests drop half-way are no news.
        self._loop.set_exception_handler(lambda loop, context: None)
        implicit = self.tls if self.implicit_tls else None
        server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=implicit)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(hang_up(self._protocols))
        self._loop.close()

    def _protocol(self) -> _Protocol:
        self.connections += 1
        protocol = _Protocol(self, self.connections)
        self._protocols.append(protocol)
        return protocol


class _Protocol(SMTP):
    def __init__(self, sink: SmtpSink, number: int) -> None:
        self.sink = sink
        self.number = number
        with warnings.catch_warnings():
            # Passwords in the clear are the point of a server on loopback.
            warnings.simplefilter("ignore", UserWarning)
            super().__init__(
                self,
                data_size_limit=sink.max_size,
                enable_SMTPUTF8=True,
                authenticator=self._check,
                auth_required=sink.auth_required,
                auth_require_tls=False,
                tls_context=None if sink.implicit_tls else sink.tls,
                loop=sink._loop,
            )

    def _check(
        self, server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        name, password = data.login.decode(), data.password.decode()
        return AuthResult(success=self.sink.users.get(name) == password, handled=False)

    async def _misbehaves(self, phase: str) -> bool:
        act = self.sink.act(phase)
        if act is None:
            return False
        if act == "hang":
            await asyncio.sleep(3_600)
        elif act.startswith("drop"):
            self.transport.abort()
        else:
            await self.push(act)
            if act.startswith("421") or phase == "connect":
                self.transport.close()
        return True

    async def _handle_client(self) -> None:
        if not await self._misbehaves("connect"):
            await super()._handle_client()

    async def handle_EHLO(  # noqa: N802  (aiosmtpd's name)
        self, server: Any, session: Session, envelope: Envelope, name: str, responses: list[str]
    ) -> list[str]:
        session.host_name = name
        if self.sink.pipelining:
            responses.insert(-1, "250-PIPELINING")
        return responses

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        if not await self._misbehaves("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        if not await self._misbehaves("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        self.sink.commands.append(f"MAIL {arg}")
        if not await self._misbehaves("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        self.sink.commands.append(f"RCPT {arg}")
        refused = self.sink.script.get(f"rcpt {arg}")
        if refused:
            await self.push(refused)
        elif not await self._misbehaves("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if await self._misbehaves("data"):
            return
        if "body" in self.sink.script and self.envelope.rcpt_tos:
            await self.push("354 Go on")
            await self._reader.read(1_000)
            await self._misbehaves("body")
            self.transport.close()
            return
        await super().smtp_DATA(arg)

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        act = self.sink.act("dot") or "250 2.0.0 OK queued as T3ST"
        if act[:3].isdigit() and not act.startswith("2"):
            return act
        if act != "drop unstored":
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            self.sink.deliveries.append(
                Delivery(envelope.mail_from or "", envelope.rcpt_tos, content, self.number)
            )
        if act == "hang":
            await asyncio.sleep(3_600)
        if act.startswith("drop"):
            self.transport.abort()
            return "250 unheard"
        return act


async def hang_up(protocols: Sequence[SMTP]) -> None:
    """Drop all connections before their loop is closed: the garbage collector would complain."""
    for protocol in protocols:
        if protocol.transport is not None:
            protocol.transport.abort()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)


@contextmanager
def smtp_sink(**options: Any) -> Iterator[SmtpSink]:
    """A running sink."""
    sink = SmtpSink(**options).start()
    try:
        yield sink
    finally:
        sink.stop()
