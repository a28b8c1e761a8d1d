"""Tokens of the JSON door: life, rotation, reuse."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.auth import services
from app.auth.errors import ClientInvalid, RefreshInvalid
from app.core.clock import frozen, utcnow
from app.core.db import db
from app.models import OAuthToken
from tests.factories import make_user


def test_access_token_lives_an_hour(app):
    user = make_user()
    tokens = services.issue_tokens(user, scopes=("campaigns.view",))
    bearer = services.find_bearer(tokens.access_token)
    assert (bearer.user_id, bearer.scopes) == (user.id, ("campaigns.view",))
    assert tokens.expires_in == 3600
    with frozen(utcnow() + timedelta(seconds=3601)):
        assert services.find_bearer(tokens.access_token) is None


@pytest.mark.parametrize("token", ["", "forged"])
def test_forged_tokens_open_nothing(app, token):
    services.issue_tokens(make_user())
    assert services.find_bearer(token) is None
    with pytest.raises(RefreshInvalid):
        services.refresh_tokens(token)


def test_refresh_token_is_no_access_token(app):
    tokens = services.issue_tokens(make_user())
    assert services.find_bearer(tokens.refresh_token) is None
    with pytest.raises(RefreshInvalid):
        services.refresh_tokens(tokens.access_token)


def test_refresh_rotates(app):
    user = make_user()
    first = services.issue_tokens(user)
    second = services.refresh_tokens(first.refresh_token)
    assert services.find_bearer(first.access_token) is None
    assert services.find_bearer(second.access_token).user_id == user.id
    assert second.refresh_token != first.refresh_token


@pytest.mark.committed
def test_reuse_ends_the_family_even_though_the_request_fails(app):
    user = make_user()
    first = services.issue_tokens(user)
    second = services.refresh_tokens(first.refresh_token)
    db.session.commit()
    with pytest.raises(RefreshInvalid) as caught:
        services.refresh_tokens(first.refresh_token)
    assert caught.value.hint == "Token has been revoked"
    db.session.rollback()
    assert services.find_bearer(second.access_token) is None
    with pytest.raises(RefreshInvalid):
        services.refresh_tokens(second.refresh_token)


@pytest.mark.committed
def test_other_families_stay(app):
    user = make_user()
    stolen, other = services.issue_tokens(user), services.issue_tokens(user)
    services.refresh_tokens(stolen.refresh_token)
    db.session.commit()
    with pytest.raises(RefreshInvalid):
        services.refresh_tokens(stolen.refresh_token)
    db.session.rollback()
    assert services.find_bearer(other.access_token)


def test_refresh_token_expires(app):
    tokens = services.issue_tokens(make_user())
    with frozen(utcnow() + timedelta(days=30, seconds=1)):
        with pytest.raises(RefreshInvalid) as caught:
            services.refresh_tokens(tokens.refresh_token)
    assert caught.value.hint == "Token has expired"


def test_refresh_token_belongs_to_its_client(app):
    client, _ = services.create_client("web")
    tokens = services.issue_tokens(make_user(), client.id)
    with pytest.raises(RefreshInvalid) as caught:
        services.refresh_tokens(tokens.refresh_token)
    assert caught.value.hint == "Token is not linked to client"
    assert services.refresh_tokens(tokens.refresh_token, client.id)


def test_disabled_users_have_no_tokens(app):
    user = make_user()
    tokens = services.issue_tokens(user)
    user.is_disabled = True
    assert services.find_bearer(tokens.access_token) is None
    with pytest.raises(RefreshInvalid):
        services.refresh_tokens(tokens.refresh_token)


def test_revoked_by_its_owner_only(app):
    user, other = make_user(), make_user()
    tokens = services.issue_tokens(user)
    assert not services.revoke_token(tokens.id, other.id)
    assert services.revoke_token(tokens.id, user.id)
    assert services.find_bearer(tokens.access_token) is None


def test_clients_prove_themselves(app):
    client, secret = services.create_client("web")
    assert services.authenticate_client(client.id, secret) is client
    for wrong in ("", None, "x", client.secret_hash):
        with pytest.raises(ClientInvalid):
            services.authenticate_client(client.id, wrong)
    with pytest.raises(ClientInvalid):
        services.authenticate_client(client.id + 1, secret)
    public, nothing = services.create_client("phone", is_public=True)
    assert nothing is None
    assert services.authenticate_client(public.id, None) is public


def test_only_hashes_are_stored(app):
    tokens = services.issue_tokens(make_user())
    row = db.session.scalars(sa.select(OAuthToken)).one()
    assert {tokens.access_token, tokens.refresh_token}.isdisjoint(
        {row.access_hash, row.refresh_hash, row.family}
    )
