"""Reading the "autoconfig" file in which a domain describes its mail servers to programs. Pure."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from app.providers.mail.base import Security
from app.providers.mail.facts import Endpoint, is_host_name

_SECURITY: dict[str, Security] = {"SSL": "ssl", "STARTTLS": "starttls"}
_PASSWORDS = {"password-cleartext", "plain", "password-encrypted"}


def parse_autoconfig(
    document: bytes, email: str
) -> tuple[Endpoint | None, Endpoint | None, str | None]:
    """(IMAP, SMTP, user name) as described, None for what is missing or not secure.

    Documents with a DTD are not read: entities are how XML readers are made to burst.
    """
    if b"<!" in document.replace(b"<!--", b""):
        return None, None, None
    try:
        root = ET.fromstring(document)  # noqa: S314  (no DTD, at most 64 kB)
    except ET.ParseError:
        return None, None, None
    imap = _first(root.iter("incomingServer"), "imap", email)
    smtp = _first(root.iter("outgoingServer"), "smtp", email)
    name = imap[1] if imap else smtp[1] if smtp else None
    return imap[0] if imap else None, smtp[0] if smtp else None, name


def _first(servers: object, kind: str, email: str) -> tuple[Endpoint, str] | None:
    for server in servers:  # type: ignore[attr-defined]
        if server.get("type") != kind:
            continue
        host = _expand(server.findtext("hostname", ""), email).lower()
        security = _SECURITY.get(server.findtext("socketType", ""))
        port = server.findtext("port", "").strip()
        methods = {(node.text or "").strip() for node in server.iter("authentication")}
        is_port = port.isdecimal() and len(port) <= 5
        if security and is_port and is_host_name(host) and methods & _PASSWORDS:
            user = _expand(server.findtext("username", "%EMAILADDRESS%"), email)
            return Endpoint(host, int(port), security), user
    return None


def _expand(text: str, email: str) -> str:
    local, _, domain = email.rpartition("@")
    text = text.strip().replace("%EMAILADDRESS%", email)
    return text.replace("%EMAILLOCALPART%", local).replace("%EMAILDOMAIN%", domain)
