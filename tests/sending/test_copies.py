"""Copies in Sent at a real Dovecot: filed once, never doubled, and learned about."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.db import db
from app.core.settings import settings
from app.models import EmailAccount, Outbox
from app.sending.copies import file_copies
from app.sending.services import queue_manual_mail
from tests.sending.conftest import drain, make_sender
from tests.servers.imap import DOVECOT, dovecot

pytestmark = [
    pytest.mark.dovecot,
    pytest.mark.skipif(not DOVECOT, reason="Dovecot is not installed"),
]


@pytest.fixture(scope="module")
def mailboxes():
    with dovecot() as server:
        yield server


@pytest.fixture
def append_account(sink, in_acme, mailboxes, request):
    email = f"{request.node.name.partition('[')[0]}@acme.test"
    sink.users[email] = "secret"
    settings.egress_allow.append(f"127.0.0.1:{mailboxes.port}")
    return make_sender(
        sink,
        email=email,
        imap_port=mailboxes.port,
        sent_copy="append",
        credentials={
            "imap_username": email,
            "imap_password": "secret",
            "smtp_username": email,
            "smtp_password": "secret",
        },
    )


def send(account, count=1):
    for number in range(count):
        queue_manual_mail(
            account_id=account.id,
            to_email=f"bo{number}@example.com",
            subject="Hello",
            body_html="<p>Hello</p>",
        )
    db.session.commit()
    drain(account)


def sent_folder(mailboxes, account):
    client = mailboxes.client(account.email)
    client.select_folder("Sent")
    mails = client.fetch(client.search(), ["RFC822"])
    client.logout()
    return [mail[b"RFC822"] for mail in mails.values()]


def file_later(account, freeze):
    with freeze(utcnow() + timedelta(seconds=30)):
        return file_copies(account.id)


def test_a_copy_is_filed_once_with_the_very_bytes(append_account, mailboxes, sink, freeze):
    send(append_account)
    assert file_copies(append_account.id) == 0  # the server gets its time first
    assert file_later(append_account, freeze) == 1
    assert file_later(append_account, freeze) == 0
    [copy] = sent_folder(mailboxes, append_account)
    assert copy.split() == sink.deliveries[0].content.split()


def test_a_crash_after_the_append_makes_no_double(append_account, mailboxes, freeze):
    send(append_account)
    file_later(append_account, freeze)
    db.session.execute(sa.update(Outbox).values(sent_copy_due=True))
    db.session.commit()
    assert file_later(append_account, freeze) == 1
    assert len(sent_folder(mailboxes, append_account)) == 1
    assert own_copies(append_account) == 0  # it was ours, not the server's


def test_lost_bytes_are_made_again(append_account, mailboxes, freeze):
    send(append_account)
    db.session.execute(sa.update(Outbox).values(raw_blob=None))
    db.session.commit()
    file_later(append_account, freeze)
    [copy] = sent_folder(mailboxes, append_account)
    assert b"Hello" in copy


def test_a_server_that_files_its_own_is_understood(append_account, mailboxes, sink, freeze):
    send(append_account, 4)
    client = mailboxes.client(append_account.email)
    for delivery in sink.deliveries:
        client.append("Sent", delivery.content)
    client.logout()
    file_later(append_account, freeze)
    assert len(sent_folder(mailboxes, append_account)) == 4
    db.session.expire_all()
    assert db.session.get(EmailAccount, append_account.id).sent_copy == "provider"
    assert db.session.scalars(sa.select(Outbox).where(Outbox.sent_copy_due)).all() == []


def own_copies(account):
    db.session.expire_all()
    return db.session.get(EmailAccount, account.id).capabilities.get("own_copies", 0)
