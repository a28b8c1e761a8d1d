"""Connecting against real servers, and the states of an account."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts import queries, services
from app.accounts.events import (
    AccountBroken,
    AccountConnected,
    AccountPaused,
    AccountRemoved,
    AccountResumed,
)
from app.accounts.schemas import AccountSettingsInput, ConnectInput
from app.accounts.services import connect as connecting
from app.accounts.services.settings import clean_signature
from app.core import events
from app.core.context import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, TooMany
from app.core.tenancy import workspace_context
from app.models import EmailAccount
from app.providers.mail.base import Envelope, FolderRole
from tests.accounts.conftest import Mailbox
from tests.factories.accounts import make_account

ACTOR = Actor(user_id=1, workspace_id=None, ip="192.0.2.7")
KINDS = (AccountConnected, AccountPaused, AccountResumed, AccountBroken, AccountRemoved)


@pytest.fixture
def heard() -> Any:
    """The account events of this test, in order."""
    found: list[object] = []
    for kind in KINDS:
        events.subscribe(kind, found.append)
    yield found
    for kind in KINDS:
        events._handlers[kind].remove(found.append)


def connect(mailbox: Mailbox, **over: object) -> EmailAccount:
    entry = ConnectInput.model_validate(mailbox.form(**over))
    found = services.try_servers(entry.email, entry, ACTOR)
    account = services.connect_account(entry, found)
    db.session.commit()
    return account


@pytest.mark.dovecot
def test_connected_account_works(in_acme: Any, mailbox: Mailbox, heard: list[object]) -> None:
    account = connect(mailbox)
    assert (account.status, account.sent_copy) == ("connected", "append")
    assert "QRESYNC" in account.capabilities["imap"]
    assert heard == [AccountConnected(account.id)]
    db.session.commit()
    provider = services.mail_provider(queries.get_account(account.id))
    try:
        assert {f.role for f in provider.folders()} >= {FolderRole.INBOX, FolderRole.SENT}
        provider.send(Envelope(mailbox.email, ["bob@example.test"], b"Subject: x\r\n\r\n"))
    finally:
        provider.close()
    assert len(mailbox.sink.deliveries) == 1


@pytest.mark.dovecot
def test_password_is_not_readable_in_the_database(in_acme: Any, mailbox: Mailbox) -> None:
    account = connect(mailbox)
    raw = db.session.execute(
        sa.text("SELECT email_account::text FROM email_account WHERE id = :id"), {"id": account.id}
    ).scalar_one()
    assert "secret" not in raw
    assert account.credentials["smtp_password"] == "secret"
    assert "secret" not in repr(services.mail_provider(account).__dict__)


@pytest.mark.dovecot
def test_wrong_password_saves_nothing(in_acme: Any, mailbox: Mailbox, heard: list[object]) -> None:
    with pytest.raises(Invalid) as caught:
        connect(mailbox, password="wrong")
    assert "uthentication failed" in caught.value.errors["imap_login"][0]
    assert queries.list_accounts() == []
    assert heard == []


@pytest.mark.dovecot
def test_smtp_with_its_own_password(in_acme: Any, mailbox: Mailbox) -> None:
    mailbox.sink.users = {"relay": "other"}
    account = connect(mailbox, smtp_username="relay", password_smtp="other")
    assert account.credentials["imap_password"] == "secret"
    assert account.credentials["smtp_username"] == "relay"


@pytest.mark.dovecot
def test_same_address_only_once(in_acme: Any, mailbox: Mailbox) -> None:
    connect(mailbox)
    with pytest.raises(Invalid, match="marked fields"):
        connect(mailbox, email=mailbox.email.upper())


@pytest.mark.dovecot
def test_removed_address_may_come_back(in_acme: Any, mailbox: Mailbox, heard: list[object]) -> None:
    account = connect(mailbox)
    services.remove_account(account)
    services.remove_account(account)
    assert account.credentials == {}
    assert heard[1:] == [AccountRemoved(account.id)]
    removed_id = account.id
    db.session.commit()
    with pytest.raises(NotFound):
        queries.get_account(removed_id)
    assert connect(mailbox).id != removed_id


@pytest.mark.dovecot
def test_reconnect_keeps_the_row(in_acme: Any, mailbox: Mailbox, heard: list[object]) -> None:
    account = connect(mailbox)
    account_id = account.id
    services.mark_reconnect_required(account, "535 no")
    db.session.commit()
    entry = ConnectInput.model_validate(mailbox.form())
    found = services.try_servers(account.email, entry, ACTOR)
    account = queries.get_account(account_id)
    services.reconnect_account(account, entry, found)
    assert (account.status, account.status_reason) == ("connected", "")
    assert heard[-1] == AccountConnected(account.id)


@pytest.mark.dovecot
def test_new_password_does_not_end_a_pause(in_acme: Any, mailbox: Mailbox) -> None:
    account_id = connect(mailbox).id
    services.pause_account(queries.get_account(account_id), "Too many bounces.")
    db.session.commit()
    entry = ConnectInput.model_validate(mailbox.form())
    found = services.try_servers(mailbox.email, entry, ACTOR)
    account = queries.get_account(account_id)
    services.reconnect_account(account, entry, found)
    assert (account.status, account.status_reason) == ("paused", "Too many bounces.")


def test_strange_ports_are_refused_without_asking(in_acme: Any) -> None:
    entry = ConnectInput.model_validate(
        {
            "email": "a@firm.test",
            "password": "x",
            "imap_host": "127.0.0.1",
            "imap_port": 5432,
            "smtp_host": "mail.firm.test",
            "smtp_port": 22,
        }
    )
    with pytest.raises(Invalid) as caught:
        services.try_servers("a@firm.test", entry, ACTOR)
    assert set(caught.value.errors) == {"imap_port", "smtp_port"}


def test_private_hosts_sound_like_dead_ones(in_acme: Any) -> None:
    texts = set()
    for host in ("127.0.0.1", "169.254.169.254", "10.0.0.1", "localhost.localdomain"):
        values = {"email": "a@firm.test", "password": "x", "imap_host": host, "smtp_host": host}
        entry = ConnectInput.model_validate(values)
        found = services.try_servers("a@firm.test", entry, ACTOR)
        assert not found.ok
        texts |= {step.text.replace(host, "HOST") for step in found.steps if step.ok is False}
    place = "Could not reach HOST on port {}. Check the name, the port and the encryption."
    assert texts == {place.format(993), place.format(465)}


@pytest.mark.committed
def test_tries_are_counted(in_acme: Any) -> None:
    values = {"email": "a@firm.test", "password": "x", "imap_host": "127.0.0.1"}
    entry = ConnectInput.model_validate({**values, "smtp_host": "127.0.0.1"})
    for _ in range(30):
        services.try_servers("a@firm.test", entry, ACTOR)
    with pytest.raises(TooMany) as caught:
        services.propose_servers("a@firm.test", ACTOR)
    assert caught.value.retry_after > 0
    services.try_servers("a@firm.test", entry, Actor(user_id=2, ip="192.0.2.8"))


def test_slow_servers_cannot_hold_every_thread(in_acme: Any) -> None:
    turns = [connecting._a_turn(Actor(user_id=n, ip=f"192.0.2.{n}")) for n in (11, 12, 13)]
    with ExitStack() as held:
        for turn in turns:
            held.enter_context(turn)
        with pytest.raises(TooMany, match="being tried right now"):
            services.propose_servers("a@gmail.com", ACTOR)
    assert services.propose_servers("a@gmail.com", ACTOR).provider_name == "Gmail"


def test_pause_and_resume(in_acme: Any, heard: list[object]) -> None:
    account = make_account()
    services.pause_account(account, "Three percent bounced.")
    services.pause_account(account, "again")
    assert (account.status, account.status_reason) == ("paused", "Three percent bounced.")
    services.resume_account(account)
    services.resume_account(account)
    assert account.status == "connected"
    assert heard == [
        AccountPaused(account.id, "Three percent bounced."),
        AccountResumed(account.id),
    ]


def test_refused_password_needs_a_person(in_acme: Any, heard: list[object]) -> None:
    account = make_account()
    services.mark_reconnect_required(account, "535 " + "x" * 900)
    services.mark_reconnect_required(account, "again")
    services.pause_account(account, "no effect")
    services.mark_disconnected(account, "no effect")
    assert account.status == "reconnect_required"
    assert len(account.status_reason) == 500
    assert len(heard) == 1
    with pytest.raises(Conflict):
        services.resume_account(account)


def test_unreachable_comes_back_by_itself_but_not_when_paused(in_acme: Any) -> None:
    account, paused = make_account(), make_account(status="paused")
    services.mark_disconnected(account, "down")
    services.mark_disconnected(paused, "down")
    assert (account.status, paused.status) == ("disconnected", "paused")
    services.mark_working(account)
    services.mark_working(paused)
    assert (account.status, paused.status) == ("connected", "paused")
    assert account.last_ok_at is not None


def test_settings_are_saved(in_acme: Any) -> None:
    account = make_account()
    entry = AccountSettingsInput(
        daily_limit=40,
        gap_minutes=0.05,
        jitter_minutes=2.5,
        time_zone="Europe/Vienna",
        signature_html='<p onclick="x()">Ann <b>Example</b><script>alert(1)</script></p>',
    )
    services.update_account(account, entry)
    assert (account.daily_limit, account.gap_seconds, account.gap_jitter_seconds) == (40, 3, 150)
    assert account.signature_html == "<p>Ann <b>Example</b></p>"


@pytest.mark.parametrize(
    "html",
    [
        '<a href="javascript:alert(1)">x</a>',
        "<img src=x onerror=alert(1)>",
        '<p style="background:url(https://evil.test/x)">x</p>',
        "<svg><script>alert(1)</script></svg>",
        '<a href="https://ok.test/?a=1&b=2">x</a>',
    ],
)
def test_signature_is_harmless_and_stays_so(html: str) -> None:
    clean = clean_signature(html)
    assert clean_signature(clean) == clean
    assert not any(bad in clean for bad in ("javascript", "onerror", "style", "script", "evil"))


@pytest.mark.parametrize(
    "over",
    [
        {"signature_html": "Hi {{ first_name }}"},
        {"daily_limit": 0},
        {"gap_minutes": -1},
        {"time_zone": "Mars/Base"},
        {"ramp_enabled": True, "ramp_start": 31},
        {"from_name": "Ann\r\nBcc: x@evil.test"},
        {"sent_copy": "twice"},
    ],
)
def test_settings_that_make_no_sense(over: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        AccountSettingsInput.model_validate({"daily_limit": 30, **over})


@pytest.mark.parametrize(
    "over",
    [
        {"imap_host": "imap.firm.test\r\nx"},
        {"imap_host": "http://firm.test"},
        {"imap_host": "firm.test:993"},
        {"smtp_host": "::1"},
        {"smtp_host": "localhost"},
        {"imap_port": 0},
        {"imap_security": "tls1.0"},
        {"password": ""},
        {"password": "a\r\nb"},
        {"email": "no address"},
        {"smtp_username": "x\x00y"},
    ],
)
def test_servers_that_make_no_sense(over: dict[str, object]) -> None:
    values = {"email": "a@firm.test", "password": "x"}
    hosts = {"imap_host": "imap.firm.test", "smtp_host": "smtp.firm.test"}
    ConnectInput.model_validate({**values, **hosts})
    with pytest.raises(ValueError, match="validation error"):
        ConnectInput.model_validate({**values, **hosts, **over})


def test_other_workspaces_see_nothing(in_acme: Any) -> None:
    account = make_account()
    db.session.commit()
    account_id, other_id = account.id, in_acme.other.id
    with workspace_context(other_id):
        assert queries.find_account(account_id) is None
        assert queries.account_rows() == []
        assert queries.find_account_by_email("sender1@sandbox.test") is None
