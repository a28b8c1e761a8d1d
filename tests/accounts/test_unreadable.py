"""A saved password whose key is lost: one account has to be reconnected, nothing else fails."""

from __future__ import annotations

import pytest

from app.accounts import queries, services
from app.accounts.policies import UNREADABLE
from app.core.db import db
from app.models import Outbox
from app.providers.mail.errors import AuthExpired
from app.sending.drain import drain_account
from app.sync.jobs import pull
from tests.accounts.conftest import Mailbox
from tests.conftest import Cast
from tests.factories import make_account, make_outbox
from tests.factories.accounts import spoil
from tests.pages import PageClient


@pytest.fixture
def lost(in_acme: Cast) -> int:
    """The id of an account whose password cannot be read."""
    account = make_account("lost@firm.test")
    db.session.commit()
    spoil(account.id)
    return account.id


def test_pages_and_the_json_door_show_it_beside_the_others(
    page: PageClient, cast: Cast, lost: int
) -> None:
    make_account("fine@firm.test")
    db.session.commit()
    alice, home = page.as_(cast.alice), "/w/acme/accounts"
    listed = alice.get(home).text
    assert "lost@firm.test" in listed
    assert "fine@firm.test" in listed
    for url in (f"{home}/{lost}", f"{home}/{lost}/reconnect", "/w/acme/mailhub"):
        alice.get(url)
    headers = {"X-CSRF-Token": alice._token(), "X-Workspace-Id": str(cast.acme.id)}
    for url in ("/api/account", f"/api/account/{lost}"):
        assert alice.client.get(url, headers=headers).status_code == 200


def test_reading_mail_asks_to_reconnect_it(in_acme: Cast, lost: int) -> None:
    pull(lost)
    account = queries.get_account(lost)
    assert (account.status, account.status_reason) == ("reconnect_required", UNREADABLE)


def test_a_mail_from_it_waits_and_is_not_lost(in_acme: Cast, lost: int) -> None:
    mail = make_outbox(queries.get_account(lost))
    db.session.commit()
    drain_account(lost)
    db.session.expire_all()
    assert queries.get_account(lost).status == "reconnect_required"
    assert db.session.get(Outbox, mail.id).state == "queued"  # type: ignore[union-attr]


def test_trying_it_says_why(page: PageClient, cast: Cast, lost: int) -> None:
    answer = page.as_(cast.alice).hx_post(f"/w/acme/accounts/{lost}/test")
    assert "cannot be read any more" in answer.text
    assert "Read the saved password" in answer.text


@pytest.mark.parametrize("verb", ["send", "folders", "changes", "fetch", "idle", "set_flags"])
def test_every_verb_refuses_at_once(in_acme: Cast, lost: int, verb: str) -> None:
    provider = services.mail_provider(queries.get_account(lost))
    with pytest.raises(AuthExpired, match="cannot be read"):
        getattr(provider, verb)("INBOX")
    provider.close()


@pytest.mark.dovecot
def test_the_password_entered_again_heals_it(
    in_acme: Cast, page: PageClient, cast: Cast, mailbox: Mailbox
) -> None:
    account = make_account(mailbox.email, status="reconnect_required", status_reason=UNREADABLE)
    db.session.commit()
    spoil(account.id)
    url = f"/w/acme/accounts/{account.id}/reconnect"
    page.as_(cast.alice).post(url, mailbox.form())
    db.session.expire_all()
    assert queries.get_account(account.id).status == "connected"
    assert services.mail_provider(queries.get_account(account.id)).verify().ok


@pytest.mark.dovecot
def test_a_key_put_back_is_proved_by_trying(
    in_acme: Cast, page: PageClient, cast: Cast, mailbox: Mailbox
) -> None:
    form = mailbox.form()
    account = make_account(
        mailbox.email,
        imap_port=form["imap_port"],
        smtp_port=form["smtp_port"],
        credentials={
            "imap_username": mailbox.email,
            "imap_password": "secret",
            "smtp_username": mailbox.email,
            "smtp_password": "secret",
        },
        status="reconnect_required",
        status_reason=UNREADABLE,
    )
    db.session.commit()
    page.as_(cast.alice).hx_post(f"/w/acme/accounts/{account.id}/test")
    db.session.expire_all()
    assert queries.get_account(account.id).status == "connected"
