"""The SMTP door: submission with AUTH, answers as a provider's server gives them."""

import asyncio
import hmac
import logging
import warnings
from contextlib import AsyncExitStack

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app.sandbox.passwords import SYSTEM_ADDRESS, sandbox_password
from app.sandbox.world.post import PostOffice

MAX_MAIL = 50 * 1024 * 1024
log = logging.getLogger(__name__)


class Door:
    """aiosmtpd's handler: who may send as whom, to whom, and what happens to the mail."""

    def __init__(self, post: PostOffice, key: str) -> None:
        self._post = post
        self._key = key

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        """Check an address and its password; aiosmtpd says 535 when it is wrong."""
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        address = data.login.decode(errors="replace").strip().lower()
        right = sandbox_password(self._key, address).encode()
        good = "@" in address and hmac.compare_digest(right, data.password)
        if good:
            self._post.welcome(address)
        return AuthResult(success=good, handled=False, auth_data=address)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        login = session.auth_data
        if sender.lower() != login and login != SYSTEM_ADDRESS:
            return f"553 5.7.1 <{sender}>: not the address you signed in with"
        envelope.mail_from = sender
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        try:
            refusal = self._post.refusal(str(session.auth_data), address.lower())
        except OSError:
            return "452 4.3.1 The disk of the sandbox is full, try again later"
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        recipients = [address.lower() for address in envelope.rcpt_tos]
        raw = envelope.content
        if not isinstance(raw, bytes):
            return "554 5.6.0 The message could not be read"
        try:
            await self._post.accept(str(session.auth_data), recipients, raw)
        except OSError as error:
            log.error("smtp: mail not stored: %s", error)
            return "452 4.3.1 The disk of the sandbox is full, try again later"
        return "250 2.0.0 OK, stored"


async def serve_smtp(
    stack: AsyncExitStack, post: PostOffice, key: str, host: str, port: int
) -> None:
    """Listen until the stack closes. AUTH without TLS is fine: loopback only."""
    warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    loop = asyncio.get_running_loop()
    door = Door(post, key)

    def connected() -> SMTP:
        return SMTP(
            door, data_size_limit=MAX_MAIL, enable_SMTPUTF8=True, hostname="mx.sandbox.test",
            ident="sandbox", timeout=300, auth_required=True, auth_require_tls=False,
            authenticator=door.authenticate, loop=loop,
        )  # fmt: skip

    server = await loop.create_server(connected, host, port)
    await stack.enter_async_context(server)
