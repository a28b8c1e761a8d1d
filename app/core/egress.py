"""The only way out: which hosts and ports this installation may connect to.

A name is resolved once, every answer is checked, and the caller connects to the checked address.
"""

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

from app.core.settings import settings

MAIL_PORTS = frozenset({25, 143, 465, 587, 993, 2525})
WEB_PORTS = frozenset({80, 443})
# What `is_global` of Python 3.11 lets through although no stranger should reach it.
DENIED = tuple(
    ipaddress.ip_network(net)
    for net in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23"),
        *("2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)


class EgressBlocked(RuntimeError):
    """The target is not one that this installation may reach."""


class NameUnknown(RuntimeError):
    """The host name does not resolve."""


def is_allowed_target(host: str, port: int) -> bool:
    """Whether EGRESS_ALLOW names exactly this host and port."""
    return f"{host.lower()}:{port}" in settings.egress_allow


def is_loopback(host: str) -> bool:
    """Whether a name or an address means the machine itself."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public_address(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is on the public internet, embedded IPv4 included."""
    return address.is_global and not any(
        address in net for net in DENIED if net.version == address.version
    )


def resolve_allowed(host: str, port: int, ports: frozenset[int] = MAIL_PORTS) -> str:
    """The address to connect to for `host:port`. Errors: EgressBlocked, NameUnknown."""
    host = host.strip().rstrip(".")
    allowed = is_allowed_target(host, port)
    if not allowed and port not in ports:
        raise EgressBlocked(f"port {port} is not open to the outside")
    if not host or len(host) > 253 or any(ord(c) < 33 for c in host) or "%" in host:
        raise NameUnknown("that is not a host name")
    addresses = _resolve(host, port)
    if not allowed and not all(is_public_address(ipaddress.ip_address(a)) for a in addresses):
        raise EgressBlocked("that host is not on the public internet")
    return addresses[0]


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise NameUnknown(f"the name {host} does not resolve") from error
    return [str(entry[4][0]) for entry in found]
