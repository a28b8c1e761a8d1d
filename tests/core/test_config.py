"""Production does not start without its secrets."""

import pytest
from cryptography.fernet import Fernet

import config

KEY = Fernet.generate_key().decode()
SECRETS = {"SECRET_KEY": "k" * 40, "ENCRYPTION_KEYS": KEY, "DATABASE_URL": "postgresql://h/d"}


@pytest.fixture
def environment(monkeypatch):
    """An environment that says nothing; the test adds to it."""
    for name in (*SECRETS, "PARAKEET_ENV", "PUBLIC_URL", "SEND_LEASE_SECONDS"):
        monkeypatch.delenv(name, raising=False)

    def say(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return say


@pytest.fixture
def production(environment):
    """An environment that claims to be production and has all it needs."""
    environment(PARAKEET_ENV="production", PUBLIC_URL="https://mail.example.test", **SECRETS)
    return environment


def test_production_names_what_is_missing(environment):
    environment(PARAKEET_ENV="production")
    names = "SECRET_KEY, ENCRYPTION_KEYS, DATABASE_URL, PUBLIC_URL"
    with pytest.raises(config.WrongSettings, match=names):
        config.load()


def test_production_starts_with_its_secrets(production):
    assert config.load()["PUBLIC_URL"] == "https://mail.example.test"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"SECRET_KEY": config.DEVELOPMENT_SECRET}, "development secrets"),
        ({"ENCRYPTION_KEYS": f"{KEY},{config.DEVELOPMENT_KEY}"}, "development secrets"),
        ({"SECRET_KEY": "short"}, "at least 32"),
        ({"ENCRYPTION_KEYS": "not-a-key"}, "Fernet"),
        ({"PUBLIC_URL": "mail.example.test"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://example.test/mail"}, "PUBLIC_URL"),
        ({"DATABASE_URL": "mysql://h/d"}, "PostgreSQL"),
        ({"REDIS_URL": "http://h:6379"}, "REDIS_URL"),
    ],
)
def test_production_refuses(production, value, words):
    production(**value)
    with pytest.raises(config.WrongSettings, match=words):
        config.load()


@pytest.mark.parametrize("name", ["prod", "Production", "live"])
def test_a_misspelt_environment_is_not_taken_for_development(environment, name):
    environment(PARAKEET_ENV=name)
    with pytest.raises(config.WrongSettings, match="PARAKEET_ENV"):
        config.load()


def test_secrets_that_everybody_knows_serve_this_machine_only(environment):
    environment(PUBLIC_URL="http://localhost:8000")
    assert config.load()["SECRET_KEY"] == config.DEVELOPMENT_SECRET
    environment(PUBLIC_URL="http://192.0.2.1:8000")
    with pytest.raises(config.WrongSettings, match="Without SECRET_KEY"):
        config.load()
    environment(**SECRETS)
    assert config.load()["SECRET_KEY"] == SECRETS["SECRET_KEY"]


def test_a_lease_shorter_than_the_sockets_is_refused():
    with pytest.raises(config.WrongSettings, match="SEND_LEASE_SECONDS"):
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
