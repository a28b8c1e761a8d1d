"""What is said of a message before it is sent: its size, its letters, its addresses."""

from __future__ import annotations

from app.providers.mail.base import Envelope
from app.providers.mail.errors import Family, Permanent, Phase
from app.providers.mail.smtp_wire import SmtpWire


def mail_options(wire: SmtpWire, envelope: Envelope) -> list[str]:
    """MAIL parameters; Permanent when the server says beforehand that the mail is too big."""
    options = []
    limit = wire.esmtp_features.get("size", "")
    if wire.has_extn("size"):
        if limit.isdigit() and 0 < int(limit) < len(envelope.message):
            raise Permanent("The message is too big for the server.", phase=Phase.MAIL, code=552)
        options.append(f"SIZE={len(envelope.message)}")
    if wire.has_extn("8bitmime") and not envelope.message.isascii():
        options.append("BODY=8BITMIME")
    if wire.has_extn("smtputf8") and not _all_ascii(envelope):
        options.append("SMTPUTF8")
    return options


def wire_addresses(wire: SmtpWire, envelope: Envelope) -> list[str]:
    """Addresses in ASCII where that is possible, or as they are when the server takes UTF-8."""
    addresses = [envelope.sender, *envelope.recipients]
    if _all_ascii(envelope) or wire.has_extn("smtputf8"):
        return addresses
    return [_ascii_address(address) for address in addresses]


def _all_ascii(envelope: Envelope) -> bool:
    return all(address.isascii() for address in (envelope.sender, *envelope.recipients))


def _ascii_address(address: str) -> str:
    local, _, domain = address.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        text = "The server cannot handle an address with these letters."
        raise Permanent(text, phase=Phase.RCPT, family=Family.ADDRESS) from None
