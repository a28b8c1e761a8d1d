"""Sending over SMTP: one connection kept open, the fence asked right before the final dot."""

from __future__ import annotations

import base64
import re
import ssl
import time
from collections.abc import Callable, Sequence

from app.providers.mail.base import Envelope, SendReceipt, Server, Timeouts
from app.providers.mail.errors import (
    AuthExpired,
    Family,
    Fenced,
    MailError,
    Permanent,
    Phase,
    RateLimited,
    Temporary,
    Uncertain,
)
from app.providers.mail.replies import clean_words, error_for_reply
from app.providers.mail.smtp_envelope import mail_options, wire_addresses
from app.providers.mail.smtp_trouble import (
    LOST,
    as_temporary,
    parting_words,
    read_replies,
    unreachable,
)
from app.providers.mail.smtp_wire import (
    SmtpWire,
    envelope_commands,
    wire_form,
)
from app.providers.network import REFUSED, Deadline, Network, shut

MAX_MAILS_PER_CONNECTION = 100
MAX_IDLE_SECONDS = 240.0
MIN_ANSWER_SECONDS = 10.0
_QUEUE_ID = re.compile(r"<([^<>\s]+@[^<>\s]+)>|(?:queued as|id[= ])\s*([\w.-]+)", re.I)


class SmtpSender:
    """Hands messages to one SMTP server. Not thread-safe; connects when first used."""

    def __init__(self, server: Server, network: Network, timeouts: Timeouts, name: str) -> None:
        self.server = server
        self.network = network
        self.timeouts = timeouts
        self.name = name if re.fullmatch(r"[A-Za-z0-9.-]{1,255}", name) else "localhost"
        self._wire: SmtpWire | None = None
        self._sent = 0
        self._used_at = 0.0

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never show up in a text: the password and the forms it travels in."""
        password, user = self.server.password, self.server.username
        forms = (password, f"\0{user}\0{password}")
        return (password, *(base64.b64encode(form.encode()).decode() for form in forms))

    def send(self, envelope: Envelope, before_dot: Callable[[], bool]) -> SendReceipt:
        """See `MailProvider.send`. The whole of it is bounded by `timeouts.total`."""
        payload = wire_form(envelope.message)
        deadline = Deadline(self.timeouts.total, self.timeouts.reply)
        refused = self._open_message(envelope, deadline)
        # Large bodies and thorough spam filters take their time: from here only the whole counts.
        self._live_wire().within(deadline.patient())
        self._write_body(payload)
        self._require_time_for_an_answer(deadline)
        if not self._ask(before_dot):
            self.close()
            raise Fenced("abandoned before the final dot", phase=Phase.BODY)
        reply = self._finish()
        self._sent += 1
        self._used_at = time.monotonic()
        match = _QUEUE_ID.search(reply)
        provider_id = next((group for group in match.groups() if group), "") if match else ""
        return SendReceipt(reply=reply, provider_id=provider_id, refused=refused)

    def connect(self, deadline: Deadline | None = None) -> SmtpWire:
        """A connected and logged-in session, made anew when there is none."""
        wire = self.greet(deadline)
        try:
            self._log_in(wire)
        except MailError:
            self.close()
            raise
        return wire

    def greet(self, deadline: Deadline | None = None) -> SmtpWire:
        """Connect, secure the connection and say EHLO; nothing else. Replaces the old one."""
        self.close()
        deadline = deadline or Deadline(self.timeouts.total, self.timeouts.reply)
        connecting = Deadline(min(self.timeouts.connect, deadline.remaining()))
        self._wire = wire = self._connect(connecting, deadline)
        try:
            code, reply = wire.ehlo()
            if self.server.security == "starttls" and code == 250:
                wire.starttls_strictly(self.network)
                code, reply = wire.ehlo()
            if code != 250:
                raise error_for_reply(code, reply, Phase.CONNECT, self.secrets)
        except MailError:
            self.close()
            raise
        except LOST as error:
            self.close()
            phase = Phase.TLS if isinstance(error, ssl.SSLError) else Phase.CONNECT
            raise unreachable(error, phase) from None
        self._sent, self._used_at = 0, time.monotonic()
        return wire

    def close(self) -> None:
        """Drop the connection. A message without its dot is discarded by the server."""
        wire, self._wire = self._wire, None
        if wire is not None:
            shut(wire.sock)

    def quit(self) -> None:
        """Say goodbye and drop the connection."""
        if self._wire is not None:
            try:
                self._wire.within(Deadline(1.0))
                self._wire.docmd("QUIT")
            except LOST:
                pass
        self.close()

    def _connect(self, connecting: Deadline, deadline: Deadline) -> SmtpWire:
        server = self.server
        allowed = self.network.plaintext_allowed(server.host, server.port)
        if server.security == "none" and not allowed:
            raise Permanent("This server may only be used with encryption.", phase=Phase.TLS)
        sock = None
        try:
            sock = self.network.connect(server.host, server.port, connecting)
            if server.security == "ssl":
                sock = self.network.secure(sock, server.host, connecting)
            wire = SmtpWire(sock, server.host, self.name, connecting)
            code, reply = wire.getreply()
            wire.within(deadline)
        except REFUSED:
            raise Permanent("could not be reached", phase=Phase.CONNECT) from None
        except LOST as error:
            shut(sock)
            phase = Phase.TLS if isinstance(error, ssl.SSLError) else Phase.CONNECT
            raise unreachable(error, phase) from None
        if code != 220:
            shut(sock)
            raise error_for_reply(code, reply, Phase.CONNECT, self.secrets)
        return wire

    def _log_in(self, wire: SmtpWire) -> None:
        server = self.server
        if not server.username:
            return
        if "\0" in server.username + server.password:
            raise AuthExpired("not valid", phase=Phase.AUTH, family=Family.AUTH)
        try:
            code, reply = wire.log_in(server.username, server.password)
        except LOST as error:
            raise unreachable(error, Phase.AUTH) from None
        if code == 0:
            raise Permanent(reply.decode(), phase=Phase.AUTH, family=Family.AUTH)
        if code not in (235, 503):  # 503: already authenticated
            raise error_for_reply(code, reply, Phase.AUTH, self.secrets)

    def _open_message(self, envelope: Envelope, deadline: Deadline) -> dict[str, str]:
        """Bring the session to the point where the body may be written; the lesser refusals.

        A kept connection may have died meanwhile, which shows only when it is used: nothing has
        been handed over at that point, so it is replaced once, silently.
        """
        fresh = not self._is_usable()
        wire = self.connect(deadline) if fresh or self._wire is None else self._wire
        wire.within(deadline)
        try:
            return self._start(wire, envelope)
        except (*LOST, Temporary, RateLimited) as error:
            closed_on_us = not isinstance(error, MailError) or error.code == 421
            if closed_on_us:
                self.close()
            if fresh or not closed_on_us or isinstance(error, TimeoutError):
                raise as_temporary(error) from None
        try:
            return self._start(self.connect(deadline), envelope)
        except LOST as error:
            self.close()
            raise as_temporary(error) from None

    def _is_usable(self) -> bool:
        idle = time.monotonic() - self._used_at
        return (
            self._wire is not None
            and self._sent < MAX_MAILS_PER_CONNECTION
            and idle < MAX_IDLE_SECONDS
        )

    def _start(self, wire: SmtpWire, envelope: Envelope) -> dict[str, str]:
        sender, *recipients = wire_addresses(wire, envelope)
        options = mail_options(wire, envelope)
        if wire.has_extn("pipelining"):
            wire.open_message(sender, recipients, options)
            return self._judge(wire, envelope, read_replies(wire, len(recipients) + 2))
        replies = []
        for command in [*envelope_commands(sender, recipients, options), "DATA"]:
            replies.append(wire.docmd(command))
            # The sender and the first recipient must pass, before DATA is even asked for.
            if len(replies) <= 2 and replies[-1][0] // 100 != 2:
                break
        return self._judge(wire, envelope, replies)

    def _judge(
        self, wire: SmtpWire, envelope: Envelope, replies: Sequence[tuple[int, bytes]]
    ) -> dict[str, str]:
        """Raise for the first refusal that matters. Any refusal costs the connection or a RSET."""
        in_data = replies[-1][0] == 354
        phases = [Phase.MAIL, *[Phase.RCPT] * len(envelope.recipients), Phase.DATA]
        refused: dict[str, str] = {}
        for index, ((code, reply), phase) in enumerate(zip(replies, phases, strict=False)):
            expected = code == 354 if phase is Phase.DATA else code // 100 == 2
            if expected:
                continue
            if phase is Phase.RCPT and index > 1:
                refused[envelope.recipients[index - 1]] = clean_words(reply, secrets=self.secrets)
                continue
            self._abandon(wire, in_data=in_data, code=code)
            if code < 400:
                raise Temporary("unexpected reply", phase=phase, code=code, family=Family.SOFT)
            raise error_for_reply(code, reply, phase, self.secrets)
        return refused

    def _abandon(self, wire: SmtpWire, *, in_data: bool, code: int) -> None:
        """Leave a refused message: inside DATA only by hanging up, elsewhere with RSET."""
        if in_data or code == 421:
            self.close()
            return
        try:
            if wire.rset()[0] != 250:
                self.close()
        except LOST:
            self.close()

    def _write_body(self, payload: bytes) -> None:
        wire = self._live_wire()
        try:
            wire.send(payload)
        except LOST as error:
            reply = parting_words(wire)
            self.close()
            if reply is not None:
                raise error_for_reply(*reply, Phase.BODY, self.secrets) from None
            raise unreachable(error, Phase.BODY) from None

    def _require_time_for_an_answer(self, deadline: Deadline) -> None:
        """Better abandoned before the dot, which is safe, than in doubt after it."""
        if deadline.left < min(MIN_ANSWER_SECONDS, self.timeouts.total / 4):
            self.close()
            raise Temporary("the server took too long", phase=Phase.BODY, family=Family.SOFT)

    def _ask(self, before_dot: Callable[[], bool]) -> bool:
        try:
            return before_dot()
        except BaseException:
            self.close()
            raise

    def _finish(self) -> str:
        """Write the dot and read the verdict. From here on silence means "perhaps"."""
        wire = self._live_wire()
        try:
            wire.send(b".\r\n")
            code, reply = wire.getreply()
        except LOST:
            self.close()
            raise Uncertain("no answer to the final dot", phase=Phase.DOT) from None
        except BaseException:
            self.close()
            raise
        if code // 100 == 2:
            return clean_words(reply, secrets=self.secrets)
        if code == 421 or code < 400:
            self.close()
        if code < 400:
            raise Uncertain("unclear answer to the final dot", phase=Phase.DOT, code=code)
        raise error_for_reply(code, reply, Phase.DOT, self.secrets)

    def _live_wire(self) -> SmtpWire:
        if self._wire is None:
            raise Temporary("not connected", phase=Phase.BODY, family=Family.SOFT)
        return self._wire
