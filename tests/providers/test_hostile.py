"""Domains describe their mail servers; some describe nonsense."""

import pytest

from app.providers.mail.autoconfig import parse_autoconfig

DOCUMENT = """<clientConfig><emailProvider><incomingServer type="imap">
<hostname>imap.x.test</hostname><port>{port}</port><socketType>SSL</socketType>
<authentication>password-cleartext</authentication></incomingServer></emailProvider></clientConfig>"""


@pytest.mark.parametrize("port", ["²", "9" * 5000, "", "-1"])
def test_ports_that_are_none(port):
    document = DOCUMENT.format(port=port).encode()
    assert parse_autoconfig(document, "a@x.test") == (None, None, None)


def test_a_port_that_is_one():
    found, _, _ = parse_autoconfig(DOCUMENT.format(port=993).encode(), "a@x.test")
    assert found is not None
    assert found.port == 993
