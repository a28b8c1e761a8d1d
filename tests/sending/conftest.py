"""A mail server to send to, and accounts that use it."""

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.settings import settings
from app.models import Outbox, SendEvent
from app.sending.drain import drain_account
from tests.factories import make_account, make_campaign, make_step
from tests.servers.smtp import smtp_sink


@pytest.fixture
def sink(app):
    """A server that accepts everything, reachable through the egress guard."""
    with smtp_sink(users={"sam@acme.test": "secret"}) as server:
        allow_only(server.port)
        yield server
    settings.egress_allow = []


def allow_only(*ports):
    settings.egress_allow = [f"127.0.0.1:{port}" for port in ports]


@pytest.fixture
def account(sink, in_acme):
    """An account of Acme at a server that files its own copies."""
    return make_sender(sink)


def make_sender(sink, **over):
    values = {
        "email": "sam@acme.test",
        "smtp_port": sink.port,
        "sent_copy": "provider",
    }
    made = make_account(**(values | over))
    db.session.commit()
    return made


@pytest.fixture
def step(in_acme):
    """A step with a variable and a link."""
    campaign = make_campaign()
    made = make_step(
        campaign,
        subject="Hi {{ first_name }}",
        body_html='<p>Hello {{ first_name }}, <a href="https://acme.test/x">see</a></p>',
    )
    db.session.commit()
    return made


def drain(account):
    drained = drain_account(account.id)
    db.session.expire_all()
    return drained


def row(outbox_id):
    db.session.expire_all()
    return db.session.scalar(sa.select(Outbox).where(Outbox.id == outbox_id))


def events(outbox_id):
    statement = sa.select(SendEvent.kind).where(SendEvent.outbox_id == outbox_id)
    return list(db.session.scalars(statement.order_by(SendEvent.id)))
