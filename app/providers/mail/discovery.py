"""Finding the servers of a mailbox from its address alone.

What is known for sure comes first: our own list by domain and by mail exchanger. Then what the
domain says of itself: SRV records (RFC 6186, RFC 8314) and an autoconfig file. Then a guess by
usual names. Whatever is found is only a proposal: signing in is what proves it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote

from app.providers.dns import DnsLookup
from app.providers.mail.autoconfig import parse_autoconfig
from app.providers.mail.base import Security
from app.providers.mail.facts import (
    Endpoint,
    Facts,
    facts_for_domain,
    facts_for_exchanger,
    is_host_name,
)
from app.providers.web_fetch import fetch_small

Fetch = Callable[[str], bytes | None]
ALLOWED_PORTS = frozenset({25, 143, 465, 587, 993, 2525})
_IMAP_RECORDS: tuple[tuple[str, Security], ...] = (("_imaps", "ssl"), ("_imap", "starttls"))
_SMTP_RECORDS: tuple[tuple[str, Security], ...] = (
    ("_submissions", "ssl"),
    ("_submission", "starttls"),
)


@dataclass(frozen=True)
class Discovery:
    """A proposal. `source` is how it was found: list | srv | autoconfig | guess | none."""

    source: str
    imap: Endpoint | None = None
    smtp: Endpoint | None = None
    provider_name: str = ""
    username: str = ""
    advice: str = ""


def discover(email: str, lookup: DnsLookup | None = None, fetch: Fetch = fetch_small) -> Discovery:
    """Propose servers for an address. Never raises; takes some ten seconds at the very worst."""
    domain = _domain(email)
    if domain is None:
        return Discovery("none")
    lookup = lookup or DnsLookup()
    known = facts_for_domain(domain) or _by_exchanger(domain, lookup)
    if known is not None:
        return _from_facts(known, email)
    with ThreadPoolExecutor(max_workers=7) as pool:
        announced = pool.submit(_by_srv, domain, email, lookup)
        described = [pool.submit(_by_autoconfig, url, email, fetch) for url in _urls(domain, email)]
        guessed = pool.submit(_by_guess, domain, email, lookup)
        return _first_complete([announced, *described, guessed]) or Discovery("none")


def _domain(email: str) -> str | None:
    try:
        domain = email.rpartition("@")[2].strip().encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    return domain if is_host_name(domain) else None


def _by_exchanger(domain: str, lookup: DnsLookup) -> Facts | None:
    found = (facts_for_exchanger(name) for name in lookup.exchangers(domain))
    return next((facts for facts in found if facts is not None), None)


def _from_facts(facts: Facts, email: str) -> Discovery:
    return Discovery("list", facts.imap, facts.smtp, facts.name, email, facts.advice)


def _by_srv(domain: str, email: str, lookup: DnsLookup) -> Discovery:
    imap = _announced(domain, _IMAP_RECORDS, lookup)
    smtp = _announced(domain, _SMTP_RECORDS, lookup)
    return Discovery("srv", imap, smtp, domain, email)


def _announced(
    domain: str, records: tuple[tuple[str, Security], ...], lookup: DnsLookup
) -> Endpoint | None:
    for name, security in records:
        for service in lookup.services(f"{name}._tcp.{domain}"):
            if is_host_name(service.host) and service.port in ALLOWED_PORTS:
                return Endpoint(service.host, service.port, security)
    return None


def _urls(domain: str, email: str) -> list[str]:
    address = quote(email)
    return [
        f"https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={address}",
        f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
        f"http://autoconfig.{domain}/mail/config-v1.1.xml",
    ]


def _by_autoconfig(url: str, email: str, fetch: Fetch) -> Discovery:
    document = fetch(url)
    if not document:
        return Discovery("none")
    imap, smtp, username = parse_autoconfig(document, email)
    domain = email.rpartition("@")[2]
    return Discovery("autoconfig", imap, smtp, domain, username or email)


def _by_guess(domain: str, email: str, lookup: DnsLookup) -> Discovery:
    def existing(*prefixes: str) -> str | None:
        names = (f"{prefix}.{domain}" for prefix in prefixes)
        return next((name for name in names if lookup.has_address(name)), None)

    imap, smtp = existing("imap", "mail"), existing("smtp", "mail")
    return Discovery(
        "guess",
        Endpoint(imap, 993, "ssl") if imap else None,
        Endpoint(smtp, 465, "ssl") if smtp else None,
        domain,
        email,
    )


def _first_complete(proposals: list[Future[Discovery]]) -> Discovery | None:
    """The first, in order of trust, that names both servers; else the first that names one."""
    found = [proposal.result() for proposal in proposals]
    both = (d for d in found if d.imap and d.smtp)
    either = (d for d in found if d.imap or d.smtp)
    return next(both, None) or next(either, None)
