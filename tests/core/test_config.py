"""Production does not start without its secrets."""

import pytest

import config


@pytest.fixture
def production(monkeypatch):
    """An environment that claims to be production and has nothing else."""
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "SEND_LEASE_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PARAKEET_ENV", "production")
    return monkeypatch


def test_production_names_what_is_missing(production):
    with pytest.raises(config.MissingSecret, match="SECRET_KEY, ENCRYPTION_KEYS, DATABASE_URL"):
        config.load()


def test_production_refuses_the_development_key(production):
    production.setenv("SECRET_KEY", config.DEVELOPMENT_SECRET)
    production.setenv("ENCRYPTION_KEYS", "x")
    production.setenv("DATABASE_URL", "postgresql://h/d")
    with pytest.raises(config.MissingSecret, match="development secrets"):
        config.load()


def test_a_lease_shorter_than_the_sockets_is_refused():
    with pytest.raises(config.MissingSecret, match="SEND_LEASE_SECONDS"):
        config.load(SOCKET_TIMEOUT=60, SEND_LEASE_SECONDS=100)


def test_cookies_follow_the_public_url(monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "https://mail.example.test")
    monkeypatch.setenv("PARAKEET_ENV", "test")
    loaded = config.load()
    assert loaded["SESSION_COOKIE_NAME"] == "__Host-parakeet"
    assert loaded["SESSION_COOKIE_SECURE"] is True


def test_figures_for_an_odd_token_are_not_found(app):
    before, app.config["METRICS_TOKEN"] = app.config["METRICS_TOKEN"], "secret"
    try:
        headers = {"Authorization": "Bearer \u00e9\u00fc"}
        assert app.test_client().get("/metrics", headers=headers).status_code == 404
    finally:
        app.config["METRICS_TOKEN"] = before
