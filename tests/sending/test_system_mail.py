"""Mail of the installation: once, by the operator's server, or into the log."""

import email
import email.policy
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.db import db
from app.core.events import SystemMailRequested, publish
from app.core.settings import settings
from app.models import SystemMail
from app.sending.system_mail import send_system_mails, server_of
from tests.servers.smtp import smtp_sink


@pytest.fixture
def server(app):
    with smtp_sink(auth_required=False) as sink:
        settings.system_smtp_url = f"smtp://127.0.0.1:{sink.port}"
        yield sink
    settings.system_smtp_url = ""


def ask():
    publish(
        SystemMailRequested(
            purpose="verify",
            to_email="new@example.com",
            subject="Verify your address",
            body_text="http://localhost/auth/verify/abc",
            body_html="<p>abc</p>",
        )
    )
    db.session.commit()


def stored():
    db.session.expire_all()
    return db.session.scalars(sa.select(SystemMail)).one()


def test_it_leaves_once(server, rings):
    ask()
    assert [ring.name for ring in rings] == ["sending.system_mail"]
    assert send_system_mails() == 1
    assert send_system_mails() == 0
    [delivery] = server.deliveries
    message = email.message_from_bytes(delivery.content, policy=email.policy.default)
    assert message["From"].addresses[0].addr_spec == "no-reply@parakeet.test"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{stored().message_id}>"
    assert message["Message-ID"].endswith("@parakeet.test>")
    assert "auth/verify/abc" in message.get_body(("plain",)).get_content()


def test_a_busy_server_is_asked_again(server, freeze):
    server.script, server.once = {"rcpt": "451 4.3.0 Busy"}, True
    ask()
    assert send_system_mails() == 0
    assert stored().state == "queued"
    with freeze(utcnow() + timedelta(hours=1)):
        assert send_system_mails() == 1


def test_a_refusal_ends_it(server):
    server.script = {"rcpt": "550 5.1.1 No such user"}
    ask()
    send_system_mails()
    assert (stored().state, bool(stored().error_text)) == ("held", True)


def test_a_worker_that_vanished_is_not_repeated(server):
    ask()
    mail = stored()
    mail.state, mail.lease_until = "sending", utcnow() - timedelta(minutes=1)
    db.session.commit()
    assert send_system_mails() == 0
    assert stored().state == "held"


def test_without_a_server_the_link_is_logged(app):
    ask()
    assert send_system_mails() == 1
    assert stored().state == "sent"


@pytest.mark.parametrize(
    ("url", "port", "security"),
    [
        ("smtp://u:p%40ss@mail.test", 25, "none"),
        ("smtp://mail.test:587", 587, "starttls"),
        ("smtps://mail.test", 465, "ssl"),
        ("smtp+starttls://mail.test:2525", 2525, "starttls"),
    ],
)
def test_urls(url, port, security):
    server = server_of(urlsplit(url))
    assert (server.port, server.security) == (port, security)
