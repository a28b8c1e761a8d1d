"""Where the installation may connect to: the public internet and what EGRESS_ALLOW names."""

import ipaddress

import pytest

from app.core.egress import EgressBlocked, NameUnknown, is_public_address, resolve_allowed
from app.core.settings import settings

PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.9.9.9",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address):
    assert not is_public_address(ipaddress.ip_address(address))
    with pytest.raises((EgressBlocked, NameUnknown)):
        resolve_allowed(address, 993)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111"])
def test_public_addresses_pass(address):
    assert is_public_address(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1."]
)
def test_other_spellings_of_loopback_are_refused(host):
    with pytest.raises((EgressBlocked, NameUnknown)):
        resolve_allowed(host, 993)


@pytest.mark.parametrize("port", [22, 80, 5432, 6379, 0])
def test_odd_ports_are_refused(port):
    with pytest.raises(EgressBlocked):
        resolve_allowed("8.8.8.8", port)


@pytest.mark.parametrize("host", ["", "a b", "x\r\ny", "fe80::1%eth0", "a" * 300])
def test_what_is_no_host_name_is_refused(host):
    with pytest.raises(NameUnknown):
        resolve_allowed(host, 993)


def test_exact_targets_can_be_allowed():
    before = settings.egress_allow
    settings.egress_allow = ["127.0.0.1:1025"]
    try:
        assert resolve_allowed("127.0.0.1", 1025) == "127.0.0.1"
        with pytest.raises(EgressBlocked):
            resolve_allowed("127.0.0.1", 1026)
    finally:
        settings.egress_allow = before
