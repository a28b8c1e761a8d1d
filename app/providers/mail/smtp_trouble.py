"""Lost SMTP connections: what counts as one, what can still be read, what is said of it."""

from __future__ import annotations

import smtplib
import ssl

from app.providers.mail.errors import Family, MailError, Permanent, Phase, Temporary
from app.providers.mail.smtp_wire import ProtocolGarbage, SmtpWire
from app.providers.network import Deadline

LOST = (OSError, smtplib.SMTPException, ProtocolGarbage)


def read_replies(wire: SmtpWire, count: int) -> list[tuple[int, bytes]]:
    """The replies to a group of commands; fewer when a refusal ended the connection."""
    replies: list[tuple[int, bytes]] = []
    for _ in range(count):
        try:
            replies.append(wire.getreply())
        except LOST:
            if any(code >= 400 for code, _ in replies):
                return replies
            raise
    return replies


def parting_words(wire: SmtpWire) -> tuple[int, bytes] | None:
    """The refusal a server sends before it hangs up in the middle of a body, if it did."""
    try:
        wire.within(Deadline(1.0))
        code, reply = wire.getreply()
    except LOST:
        return None
    return (code, reply) if code >= 400 else None


def as_temporary(error: Exception) -> MailError:
    return error if isinstance(error, MailError) else unreachable(error, Phase.MAIL)


def unreachable(error: Exception, phase: Phase) -> MailError:
    """One text for every way of not getting through: the difference would map a network."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Permanent("the certificate is not valid for this name", phase=Phase.TLS)
    if isinstance(error, ssl.SSLError):
        return Temporary("could not be reached", phase=phase, family=Family.SOFT)
    if phase in (Phase.CONNECT, Phase.TLS):
        return Temporary("could not be reached", phase=phase, family=Family.SOFT)
    text = "took too long" if isinstance(error, TimeoutError) else "closed the connection"
    return Temporary(f"the server {text}", phase=phase, family=Family.SOFT)
