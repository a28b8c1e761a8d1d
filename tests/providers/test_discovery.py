"""Finding servers from an address: our list, SRV, autoconfig, a guess; and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.core.egress import EgressBlocked
from app.providers.dns import DnsLookup
from app.providers.mail.autoconfig import parse_autoconfig
from app.providers.mail.discovery import Discovery, discover
from app.providers.mail.facts import PROVIDERS, Endpoint, facts_for_server, is_host_name
from app.providers.network import Network
from app.providers.web_fetch import MAX_BYTES, fetch_small
from tests.servers.certificates import Certificate
from tests.servers.dns import Zone, dns_server
from tests.servers.lines import Conversation, line_server

AUTOCONFIG = b"""<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="firm.test">
  <incomingServer type="pop3"><hostname>pop.firm.test</hostname><port>995</port>
    <socketType>SSL</socketType><authentication>password-cleartext</authentication></incomingServer>
  <incomingServer type="imap"><hostname>in.%EMAILDOMAIN%</hostname><port>993</port>
    <socketType>SSL</socketType><username>%EMAILLOCALPART%</username>
    <authentication>password-cleartext</authentication></incomingServer>
  <outgoingServer type="smtp"><hostname>out.firm.test</hostname><port>587</port>
    <socketType>STARTTLS</socketType><username>%EMAILLOCALPART%</username>
    <authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"""


def nothing(url: str) -> bytes | None:
    return None


def find(
    email: str, zone: Zone, fetch: Callable[[str], bytes | None] = nothing, timeout: float = 60.0
) -> Discovery:
    with dns_server(zone) as server:
        return discover(email, DnsLookup(server, timeout), fetch)


def test_known_domain_needs_no_question() -> None:
    found = find("someone@gmail.com", {("gmail.com", "silence"): []})
    assert found.imap == Endpoint("imap.gmail.com", 993, "ssl")
    assert found.smtp == Endpoint("smtp.gmail.com", 465, "ssl")
    assert "app password" in found.advice


@pytest.mark.parametrize(
    ("exchanger", "name"),
    [
        ("aspmx.l.google.com.", "Gmail"),
        ("firm-test.mail.protection.outlook.com.", "Outlook"),
        ("mx.zoho.eu.", "Zoho Mail (EU)"),
        ("mx.zoho.com.", "Zoho Mail"),
        ("in1-smtp.messagingengine.com.", "Fastmail"),
        ("mx00.kundenserver.de.", "IONOS (Germany)"),
        ("smtp.rzone.de.", "STRATO"),
        ("mx1.mail.ovh.net.", "OVHcloud"),
        ("inbound-smtp.eu-west-1.amazonaws.com.", "Amazon WorkMail (Ireland)"),
        ("mail.protonmail.ch.", "Proton"),
    ],
)
def test_exchanger_gives_the_provider_away(exchanger: str, name: str) -> None:
    zone: Zone = {("firm.test", "MX"): [f"10 {exchanger}", "20 backup.firm.test."]}
    assert find("a@firm.test", zone).provider_name == name


def test_exchanger_must_end_at_a_dot() -> None:
    zone: Zone = {("firm.test", "MX"): ["10 notgoogle.com."]}
    assert find("a@firm.test", zone).provider_name != "Gmail"


def test_srv_records_in_order_of_priority() -> None:
    zone: Zone = {
        ("_imaps._tcp.firm.test", "SRV"): ["20 1 993 b.firm.test.", "10 1 993 a.firm.test."],
        ("_submissions._tcp.firm.test", "SRV"): ["0 0 0 ."],
        ("_submission._tcp.firm.test", "SRV"): ["0 1 587 smtp.firm.test."],
    }
    found = find("a@firm.test", zone)
    assert found.source == "srv"
    assert found.imap == Endpoint("a.firm.test", 993, "ssl")
    assert found.smtp == Endpoint("smtp.firm.test", 587, "starttls")


@pytest.mark.parametrize("record", ["0 1 5432 db.firm.test.", "0 1 993 127.0.0.1."])
def test_srv_records_cannot_point_anywhere(record: str) -> None:
    assert find("a@firm.test", {("_imaps._tcp.firm.test", "SRV"): [record]}).imap is None


def test_autoconfig() -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes | None:
        asked.append(url)
        return AUTOCONFIG if url.startswith("https://autoconfig.firm.test/") else None

    found = find("jane@firm.test", {}, fetch)
    assert found.source == "autoconfig"
    assert found.imap == Endpoint("in.firm.test", 993, "ssl")
    assert found.smtp == Endpoint("out.firm.test", 587, "starttls")
    assert found.username == "jane"
    assert any("emailaddress=jane%40firm.test" in url for url in asked)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"not xml",
        b"<clientConfig>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><clientConfig>&a;</clientConfig>',
        AUTOCONFIG.replace(b"in.%EMAILDOMAIN%", b"127.0.0.1").replace(b"out.firm.test", b"x"),
        AUTOCONFIG.replace(b"SSL", b"plain").replace(b"STARTTLS", b"plain"),
        AUTOCONFIG.replace(b"password-cleartext", b"OAuth2"),
        AUTOCONFIG.replace(b"993", b"imap").replace(b"587", b""),
    ],
)
def test_autoconfig_that_is_no_use(document: bytes) -> None:
    assert parse_autoconfig(document, "a@firm.test")[:2] == (None, None)


def test_guess_by_usual_names() -> None:
    zone: Zone = {("imap.firm.test", "A"): ["192.0.2.1"], ("mail.firm.test", "A"): ["192.0.2.2"]}
    found = find("a@firm.test", zone)
    assert found.source == "guess"
    assert found.imap == Endpoint("imap.firm.test", 993, "ssl")
    assert found.smtp == Endpoint("mail.firm.test", 465, "ssl")


def test_nothing_is_known() -> None:
    assert find("a@firm.test", {}) == Discovery("none")


def test_silent_dns_is_waited_for_only_so_long() -> None:
    names = ("firm.test", "_imaps._tcp.firm.test", "imap.firm.test", "mail.firm.test")
    zone: Zone = {(name, "silence"): [] for name in names}
    assert find("a@firm.test", zone, timeout=0.3) == Discovery("none")


@pytest.mark.parametrize(
    "email",
    ["", "a", "a@", "a@localhost", "a@127.0.0.1", "a@[127.0.0.1]", "a@firm.test:25", "a@x/y"],
)
def test_addresses_without_a_domain(email: str) -> None:
    assert discover(email, DnsLookup("127.0.0.1:9"), nothing) == Discovery("none")


def test_international_domain() -> None:
    zone: Zone = {("xn--bcher-kva.test", "MX"): ["10 aspmx.l.google.com."]}
    assert find("a@bücher.test", zone).provider_name == "Gmail"


def test_null_exchanger_is_none() -> None:
    with dns_server({("firm.test", "MX"): ["0 ."]}) as server:
        assert DnsLookup(server).exchangers("firm.test") == []


def test_list_of_providers_is_consistent() -> None:
    domains = [domain for facts in PROVIDERS for domain in facts.domains]
    assert len(domains) == len(set(domains))
    for facts in PROVIDERS:
        assert (facts.imap is None) == (facts.smtp is None)
        assert facts.imap or facts.advice
        for endpoint in filter(None, (facts.imap, facts.smtp)):
            assert is_host_name(endpoint.host)
            assert endpoint.security != "none"
    gmail = facts_for_server("SMTP.gmail.com.")
    assert gmail is not None
    assert gmail.files_sent_copy is True


def serve(answer: bytes) -> Callable[[Conversation], None]:
    def talk(client: Conversation) -> None:
        while client.hear():
            pass
        client.send(answer)

    return talk


def local(ca_file: str | None = None) -> Network:
    return Network(resolve=lambda host, port: "127.0.0.1", ca_file=ca_file)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
        (b"HTTP/1.0 200 OK\r\n\r\nhi", b"hi"),
        (b"HTTP/1.1 404 Not found\r\nContent-Length: 2\r\n\r\nhi", None),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", None),
        (b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * (MAX_BYTES + 1), None),
        (b"nonsense\r\n", None),
        (b"", None),
    ],
)
def test_fetching_a_small_file(answer: bytes, body: bytes | None) -> None:
    with line_server(serve(answer)) as port:
        assert fetch_small(f"http://firm.test:{port}/file", local()) == body


def test_fetching_verifies_the_certificate(certificate: Certificate) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    with line_server(serve(answer), tls=certificate.server_context()) as port:
        trusted = local(str(certificate.ca_file))
        assert fetch_small(f"https://mail.example.test:{port}/", trusted) == b"hi"
        assert fetch_small(f"https://other.example.test:{port}/", trusted) is None
        assert fetch_small(f"https://mail.example.test:{port}/", local()) is None


def test_fetching_passes_the_guard() -> None:
    def blocked(host: str, port: int) -> str:
        raise EgressBlocked("no")

    with line_server(serve(b"HTTP/1.0 200 OK\r\n\r\nhi")) as port:
        assert fetch_small(f"http://127.0.0.1:{port}/") is None
        assert fetch_small(f"http://firm.test:{port}/", Network(resolve=blocked)) is None
