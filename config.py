"""Configuration: read from the environment here and nowhere else."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from app.core.crypto import is_key
from app.core.egress import is_loopback
from app.sandbox.passwords import SYSTEM_ADDRESS, sandbox_password

BASE = Path(__file__).parent
LOCAL_URL = "http://127.0.0.1:8000"
DEVELOPMENT_SECRET = "development-only-secret-key"  # noqa: S105 - refused in production
DEVELOPMENT_KEY = "ZGV2ZWxvcG1lbnQtb25seS1lbmNyeXB0aW9uLWtleTA="


ENVIRONMENTS = ("production", "development", "test")
SHORTEST_SECRET = 32


class WrongSettings(RuntimeError):
    """The application must not start like this; the text says what to set."""


def _list(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def _int(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


def _psycopg(url: str) -> str:
    """Accept the common spellings of a PostgreSQL URL."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _sandbox_smtp_url() -> str:
    """Where the installation's own mail goes when a sandbox runs and nothing else is named."""
    key, port = os.environ.get("SANDBOX_KEY", ""), os.environ.get("SANDBOX_SMTP_PORT", "")
    if not (key and port):
        return ""
    password = sandbox_password(key, SYSTEM_ADDRESS)
    return f"smtp://{quote(SYSTEM_ADDRESS, safe='')}:{password}@127.0.0.1:{port}"


def load(**overrides: Any) -> dict[str, Any]:
    """The whole configuration. Errors: WrongSettings, above all when production lacks a secret."""
    env = os.environ.get("PARAKEET_ENV") or "development"
    # Production has no default: links in mails that people get must not lead to their own machine.
    local = "" if env == "production" else LOCAL_URL
    public_url = (os.environ.get("PUBLIC_URL") or local).rstrip("/")
    is_https = urlsplit(public_url).scheme == "https"
    config: dict[str, Any] = {
        "ENV": env,
        "PUBLIC_URL": public_url,
        "SECRET_KEY": os.environ.get("SECRET_KEY", ""),
        "SECRET_KEY_FALLBACKS": _list("SECRET_KEY_FALLBACKS"),
        "ENCRYPTION_KEYS": _list("ENCRYPTION_KEYS"),
        "SQLALCHEMY_DATABASE_URI": _psycopg(os.environ.get("DATABASE_URL", "")),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_pre_ping": True,
            "hide_parameters": True,  # errors are logged; hashes, tokens and mails are not
            "pool_size": _int("DATABASE_POOL", 5),
            "max_overflow": 10,
            "connect_args": {
                "options": "-c timezone=UTC -c lock_timeout=15s",
                # A host that swallows packets must not hold a thread, neither when it is asked
                # for a connection nor when it has one (milliseconds, then seconds).
                "connect_timeout": 10,
                "tcp_user_timeout": 30_000,
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
            },
        },
        "REDIS_URL": os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0",
        "INSTANCE_DIR": os.environ.get("INSTANCE_DIR", str(BASE / "instance")),
        "EGRESS_ALLOW": [target.lower() for target in _list("EGRESS_ALLOW")],
        "SYSTEM_SMTP_URL": os.environ.get("SYSTEM_SMTP_URL") or _sandbox_smtp_url(),
        "SYSTEM_FROM": os.environ.get("SYSTEM_FROM", "no-reply@parakeet.test"),
        "SANDBOX_KEY": os.environ.get("SANDBOX_KEY", ""),
        "SANDBOX_SMTP_PORT": _int("SANDBOX_SMTP_PORT", 0),
        "SANDBOX_IMAP_PORT": _int("SANDBOX_IMAP_PORT", 0),
        "DEMO_PASSWORD": os.environ.get("DEMO_PASSWORD", ""),
        "SOCKET_TIMEOUT": _int("SOCKET_TIMEOUT", 60),
        "SEND_LEASE_SECONDS": _int("SEND_LEASE_SECONDS", 300),
        "RECONCILE_WAITS": [int(s) for s in _list("RECONCILE_WAITS")] or [30, 120, 600],
        "DNS_SERVER": os.environ.get("DNS_SERVER", ""),
        "CORS_ORIGINS": _list("CORS_ORIGINS"),
        "API_RATE_PER_MINUTE": _int("API_RATE_PER_MINUTE", 60),
        "LOG_JSON": os.environ.get("LOG_JSON", "1" if env == "production" else "0") == "1",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
        "TRUSTED_PROXIES": _int("TRUSTED_PROXIES", 0),
        "METRICS_TOKEN": os.environ.get("METRICS_TOKEN", ""),
        "MAX_CONTENT_LENGTH": 210 * 1024 * 1024,  # lists of leads; everything else: MAX_UPLOAD
        "MAX_UPLOAD": 26 * 1024 * 1024,
        "LARGE_UPLOADS": ("/imports", "/lead/import"),
        "MAX_FORM_MEMORY_SIZE": 8 * 1024 * 1024,
        "SESSION_COOKIE_NAME": "__Host-parakeet" if is_https else "parakeet",
        "SESSION_COOKIE_SECURE": is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": is_https,
    }
    config.update(overrides)
    _check(config)
    return config


def _check(config: dict[str, Any]) -> None:
    """Errors: WrongSettings."""
    if config["ENV"] not in ENVIRONMENTS:
        raise WrongSettings(f"PARAKEET_ENV must be one of: {', '.join(ENVIRONMENTS)}.")
    if config["SEND_LEASE_SECONDS"] <= 2 * config["SOCKET_TIMEOUT"]:
        raise WrongSettings("SEND_LEASE_SECONDS must be more than twice SOCKET_TIMEOUT")
    _check_addresses(config)
    if config["ENV"] == "production":
        _check_production(config)
    else:
        _lend_secrets(config)
    if not all(is_key(key) for key in config["ENCRYPTION_KEYS"]):
        raise WrongSettings("ENCRYPTION_KEYS must be Fernet keys; see docs/deployment.md.")


def _check_addresses(config: dict[str, Any]) -> None:
    origin = urlsplit(config["PUBLIC_URL"])
    is_origin = origin.scheme in {"http", "https"} and origin.hostname and not origin.path
    if config["PUBLIC_URL"] and not is_origin:
        raise WrongSettings("PUBLIC_URL must be an address such as https://mail.example.com.")
    if not config["REDIS_URL"].startswith(("redis://", "rediss://", "unix://")):
        raise WrongSettings("REDIS_URL must be a Redis, redis://…, rediss://… or unix://….")
    database = config["SQLALCHEMY_DATABASE_URI"]
    if database and not database.startswith("postgresql+psycopg://"):
        raise WrongSettings("DATABASE_URL must be a PostgreSQL, postgresql://….")


def _check_production(config: dict[str, Any]) -> None:
    required = ("SECRET_KEY", "ENCRYPTION_KEYS", "SQLALCHEMY_DATABASE_URI", "PUBLIC_URL")
    missing = [name for name in required if not config[name]]
    if missing:
        names = ", ".join(n.replace("SQLALCHEMY_DATABASE_URI", "DATABASE_URL") for n in missing)
        raise WrongSettings(f"Production needs these settings: {names}.")
    if config["SECRET_KEY"] == DEVELOPMENT_SECRET or DEVELOPMENT_KEY in config["ENCRYPTION_KEYS"]:
        raise WrongSettings("Production must not use the development secrets.")
    if len(config["SECRET_KEY"]) < SHORTEST_SECRET:
        raise WrongSettings(f"SECRET_KEY must have at least {SHORTEST_SECRET} characters.")


def _lend_secrets(config: dict[str, Any]) -> None:
    """Secrets that everybody knows, for a machine nobody else reaches."""
    given = config["SECRET_KEY"] and config["ENCRYPTION_KEYS"]
    is_local = is_loopback(urlsplit(config["PUBLIC_URL"]).hostname or "")
    if config["ENV"] == "development" and not (given or is_local):
        raise WrongSettings(
            "Without SECRET_KEY and ENCRYPTION_KEYS only this machine may be served. Set them,"
            " and PARAKEET_ENV=production for an installation that others use."
        )
    config["SECRET_KEY"] = config["SECRET_KEY"] or DEVELOPMENT_SECRET
    config["ENCRYPTION_KEYS"] = config["ENCRYPTION_KEYS"] or [DEVELOPMENT_KEY]
