"""Questions to the DNS: who takes mail for a domain, which services it announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.resolver

from app.core.settings import settings

TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class Service:
    """One SRV record."""

    host: str
    port: int


class DnsLookup:
    """Answers from one resolver. What cannot be learnt in time is simply not known: empty."""

    def __init__(self, server: str | None = None, timeout: float = TIMEOUT_SECONDS) -> None:
        """`server` is "address" or "address:port"; None for the configured one, else the host's."""
        server = settings.dns_server if server is None else server
        self._resolver = dns.resolver.Resolver(configure=not server)
        self._resolver.lifetime = timeout
        self._resolver.timeout = timeout / 2
        if server:
            address, _, port = server.partition(":")
            self._resolver.nameservers = [address]
            self._resolver.port = int(port or 53)

    def exchangers(self, domain: str) -> list[str]:
        """Mail exchanger names, the preferred first. A null MX (RFC 7505) counts as none."""
        found = sorted((r.preference, _name(r.exchange)) for r in self._ask(domain, "MX"))
        return [name for _, name in found if name]

    def services(self, name: str) -> list[Service]:
        """SRV targets, the preferred first. A target of "." says there is no such service."""
        found = self._ask(name, "SRV")
        ordered = sorted(found, key=lambda record: (record.priority, -record.weight))
        return [Service(_name(r.target), r.port) for r in ordered if _name(r.target)]

    def texts(self, name: str) -> list[str]:
        """TXT records."""
        return [b"".join(r.strings).decode("utf-8", "replace") for r in self._ask(name, "TXT")]

    def has_address(self, name: str) -> bool:
        """The name leads to some machine."""
        return bool(self._ask(name, "A") or self._ask(name, "AAAA"))

    def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except (dns.exception.DNSException, OSError, ValueError):
            return []


def _name(name: object) -> str:
    return str(name).rstrip(".").lower()
