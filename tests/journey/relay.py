"""A mail server for a small world: takes mail over SMTP and delivers it into Dovecot mailboxes.

Whoever signs in may send anywhere, with a copy filed in their Sent folder if the server is one that
does so; everybody else may deliver to the mailboxes here, as strangers' servers do.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.servers.certificates import Certificate
from tests.servers.imap import SENT, Dovecot
from tests.servers.smtp import hang_up

UNKNOWN = "550 5.1.1 <{}>: there is nobody of that name here"


@dataclass
class Relay:
    """`files_copies`: keeps a copy of what its users send. Addresses in `unknown` do not exist."""

    mailboxes: Dovecot
    certificate: Certificate
    implicit_tls: bool = False
    files_copies: bool = False
    unknown: set[str] = field(default_factory=set)
    accepted: list[tuple[str, str, str]] = field(default_factory=list)
    port: int = 0

    def start(self) -> Relay:
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._protocols: list[SMTP] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda loop, context: None)  # clients that just hang up
        context = self.certificate.server_context()
        listening = self._loop.create_server(
            lambda: self._protocol(context),
            "127.0.0.1",
            self.port,
            ssl=context if self.implicit_tls else None,
        )
        server = self._loop.run_until_complete(listening)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(hang_up(self._protocols))
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _protocol(self, context: ssl.SSLContext) -> SMTP:
        protocol = SMTP(
            self,
            hostname="mail.people.test",
            tls_context=None if self.implicit_tls else context,
            authenticator=self._check,
            auth_require_tls=not self.implicit_tls,
            loop=self._loop,
        )
        self._protocols.append(protocol)
        return protocol

    def _check(
        self, server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        session.signed_in_as = data.login.decode()  # type: ignore[attr-defined]
        return AuthResult(success=data.password.decode() == self.mailboxes.password, handled=False)

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return UNKNOWN.format(address)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        sender = session.signed_in_as if session.authenticated else ""
        await self._loop.run_in_executor(None, self._deliver, sender, envelope)
        return "250 2.0.0 OK delivered"

    def _deliver(self, sender: str, envelope: Envelope) -> None:
        raw = envelope.content
        assert isinstance(raw, bytes)
        message_id = str(message_from_bytes(raw)["Message-ID"])
        for address in envelope.rcpt_tos:
            with self.mailboxes.client(address) as box:
                trace = f"Return-Path: <{envelope.mail_from}>\r\nDelivered-To: {address}\r\n"
                box.append("INBOX", trace.encode() + raw)
            self.accepted.append((envelope.mail_from or "", address, message_id))
        if self.files_copies and sender:
            with self.mailboxes.client(sender) as box:
                box.append(SENT, raw, [rb"\Seen"])


@contextmanager
def relay(*args: Any, **options: Any) -> Iterator[Relay]:
    """A running relay."""
    server = Relay(*args, **options).start()
    try:
        yield server
    finally:
        server.stop()
