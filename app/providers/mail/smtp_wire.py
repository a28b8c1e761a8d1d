"""The SMTP dialogue on one socket: smtplib with replies read under a deadline, strict STARTTLS,
and a message written in two parts so that the final dot is a decision of its own."""

from __future__ import annotations

import base64
import re
import smtplib
import socket
from collections.abc import Sequence
from typing import Any

from app.providers.mail.errors import Permanent, Phase
from app.providers.network import Deadline, Network, WireReader

MAX_REPLY_LINE = 8_192
MAX_REPLY_LINES = 200
CRLF = b"\r\n"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_FORBIDDEN = re.compile("[\x00-\x20\x7f<>\u0085\u2028\u2029]")


class ProtocolGarbage(Exception):
    """The other side does not speak SMTP."""


class SmtpWire(smtplib.SMTP):
    """A connected SMTP session. Lost connections raise OSError or SMTPServerDisconnected."""

    def __init__(self, sock: socket.socket, host: str, name: str, deadline: Deadline) -> None:
        super().__init__(local_hostname=name)
        self.host = host
        self.sock: socket.socket | None = sock
        self.deadline = deadline
        self.reader = WireReader(sock, deadline)

    def within(self, deadline: Deadline) -> None:
        """Bound everything that follows by `deadline`."""
        self.deadline = self.reader.deadline = deadline

    def send(self, s: Any) -> None:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        self.sock.settimeout(self.deadline.remaining())
        self.sock.sendall(s.encode("utf-8") if isinstance(s, str) else s)

    def getreply(self) -> tuple[int, bytes]:
        lines: list[bytes] = []
        while True:
            line = self.reader.readline(MAX_REPLY_LINE)
            if not line:
                raise smtplib.SMTPServerDisconnected("connection closed by the server")
            if not line[:3].isdigit() or not line.endswith(b"\n") or len(lines) > MAX_REPLY_LINES:
                raise ProtocolGarbage("the server does not speak SMTP")
            lines.append(line[4:].strip(b" \t\r\n"))
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)

    def starttls_strictly(self, network: Network) -> None:
        """Switch to verified TLS. No offer, or a refusal, is an error: never go on in the clear."""
        if not self.has_extn("starttls"):
            raise Permanent("The server does not offer STARTTLS.", phase=Phase.TLS)
        code, _ = self.docmd("STARTTLS")
        if code != 220 or self.reader.buffered or self.sock is None:
            # Bytes behind the 220 were put there by someone in the middle.
            raise Permanent("The server refused STARTTLS.", phase=Phase.TLS)
        self.sock = network.secure(self.sock, self.host, self.deadline)
        self.reader = WireReader(self.sock, self.deadline)
        self.ehlo_resp = self.helo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def log_in(self, username: str, password: str) -> tuple[int, bytes]:
        """AUTH PLAIN, else LOGIN; the last reply. (0, …) when the server offers neither."""
        offered = self.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            return self.docmd("AUTH", "PLAIN " + _b64(f"\0{username}\0{password}"))
        if "LOGIN" not in offered:
            return 0, b"The server offers no password login."
        code, reply = self.docmd("AUTH", "LOGIN")
        for answer in (username, password):
            if code != 334:
                break
            code, reply = self.docmd(_b64(answer))
        return code, reply

    def open_message(self, sender: str, recipients: Sequence[str], options: Sequence[str]) -> None:
        """Write MAIL, RCPT and DATA at once. Only for servers that offer PIPELINING."""
        self.send("\r\n".join([*envelope_commands(sender, recipients, options), "DATA", ""]))


def envelope_commands(sender: str, recipients: Sequence[str], options: Sequence[str]) -> list[str]:
    """The MAIL and RCPT commands. Raises Permanent for addresses that could smuggle a command."""
    for address in (sender, *recipients):
        if _FORBIDDEN.search(address) or not address.rpartition("@")[0]:
            raise Permanent("The address is not valid.", phase=Phase.MAIL)
    mail = " ".join([f"MAIL FROM:<{sender}>", *options])
    return [mail, *(f"RCPT TO:<{recipient}>" for recipient in recipients)]


def wire_form(message: bytes) -> bytes:
    """The message as it travels: CRLF line ends, leading dots doubled, without the final dot.

    A lone CR or LF is made a whole line end: left as it is, some servers would read a line with a
    single dot where others see none, and a second message could be smuggled in.
    """
    ends = message.count(CRLF)
    if message.count(b"\n") != ends or message.count(b"\r") != ends:
        message = _LINE_END.sub(CRLF, message)
    if not message.endswith(CRLF):
        message += CRLF
    if message.startswith(b"."):
        message = b"." + message
    return message.replace(b"\r\n.", b"\r\n..") if b"\r\n." in message else message


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
