"""Signed tokens and secrets at rest: nothing forged, nothing moved, keys rotate."""

import secrets

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from app.core.crypto import WrongSecret, decrypt_json, encrypt_json
from app.core.db import db
from app.core.settings import settings
from app.core.signing import read_ids, sign_ids
from app.core.tenancy import unscoped, workspace_context
from app.models import EmailAccount
from tests.factories import make_account
from tests.factories.accounts import spoil


@given(st.lists(st.integers(0, 2**63), min_size=1, max_size=5))
def test_ids_come_back(ids):
    assert read_ids("open", sign_ids("open", *ids)) == tuple(ids)


def test_a_token_is_for_one_purpose():
    assert read_ids("click", sign_ids("open", 7)) is None


def test_every_changed_character_is_noticed():
    token = sign_ids("click", 123456, 789)
    for position, letter in enumerate(token):
        changed = token[:position] + ("A" if letter != "A" else "B") + token[position + 1 :]
        assert read_ids("click", changed) is None


@pytest.mark.parametrize(
    "junk", ["", "x", "é", "=" * 30, "A" * 500, "../..", sign_ids("open", 1)[:-1]]
)
def test_junk_is_no_token(junk):
    assert read_ids("open", junk) is None


def test_links_in_mails_already_sent_survive_a_new_secret():
    token, before = sign_ids("click", 7), settings.secret_key
    try:
        settings.secret_key, settings.secret_key_fallbacks = "another-secret", [before]
        assert read_ids("click", token) == (7,)
        assert sign_ids("click", 7) != token
        settings.secret_key_fallbacks = []
        assert read_ids("click", token) is None
    finally:
        settings.secret_key, settings.secret_key_fallbacks = before, []


def test_tokens_are_short():
    assert len(sign_ids("click", 10**9, 10**6)) <= 32


def test_secrets_are_bound_to_their_place(app):
    token = encrypt_json({"password": "geheim"}, "a.b")
    assert "geheim" not in token
    assert decrypt_json(token, "a.b") == {"password": "geheim"}
    with pytest.raises(WrongSecret):
        decrypt_json(token, "a.c")


def test_keys_rotate_without_losing_a_secret(app, cast):
    with workspace_context(cast.acme.id):
        account = make_account()
        account_id, before = account.id, dict(account.credentials)
        db.session.commit()
    old = list(settings.encryption_keys)
    new = Fernet.generate_key().decode()
    try:
        settings.encryption_keys = [new, *old]
        result = app.test_cli_runner().invoke(args=["keys", "rotate"])
        assert "email_account.credentials: 1 rows" in result.output
        settings.encryption_keys = [new]
        db.session.expire_all()
        with workspace_context(cast.acme.id):
            assert db.session.get(EmailAccount, account_id).credentials == before
    finally:
        settings.encryption_keys = old


def test_the_database_never_holds_the_plain_secret(app, cast):
    canary = secrets.token_hex(16)
    with workspace_context(cast.acme.id):
        make_account(credentials={"smtp_password": canary})
        db.session.commit()
    with unscoped("the test looks at raw columns"):
        raw = sa.select(sa.type_coerce(EmailAccount.credentials, sa.Text))
        assert not any(canary in text for text in db.session.scalars(raw))


def test_a_secret_that_no_key_fits_does_not_stop_the_others(app, cast):
    with workspace_context(cast.acme.id):
        lost, kept = make_account(), make_account()
        lost_id, kept_id, secret = lost.id, kept.id, dict(kept.credentials)
        db.session.commit()
    spoil(lost_id)
    old = list(settings.encryption_keys)
    new = Fernet.generate_key().decode()
    try:
        settings.encryption_keys = [new, *old]
        result = app.test_cli_runner().invoke(args=["keys", "rotate"])
        assert result.exit_code == 1
        assert "email_account.credentials: 1 rows" in result.output
        assert f"No key fits: email_account {lost_id}." in result.output
        settings.encryption_keys = [new]
        db.session.expire_all()
        with workspace_context(cast.acme.id):
            assert db.session.get(EmailAccount, kept_id).credentials == secret
    finally:
        settings.encryption_keys = old
