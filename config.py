"""Configuration: read from the environment here and nowhere else."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from app.sandbox.passwords import SYSTEM_ADDRESS, sandbox_password

BASE = Path(__file__).parent
DEVELOPMENT_SECRET = "development-only-secret-key"  # noqa: S105 - refused in production
DEVELOPMENT_KEY = "ZGV2ZWxvcG1lbnQtb25seS1lbmNyeXB0aW9uLWtleTA="


class MissingSecret(RuntimeError):
    """Production was started without something it must have."""


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
    """The whole configuration. Errors: MissingSecret when production lacks a secret."""
    env = os.environ.get("PARAKEET_ENV", "development")
    public_url = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
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
            "connect_args": {"options": "-c timezone=UTC -c lock_timeout=15s"},
        },
        "REDIS_URL": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
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
    if config["SEND_LEASE_SECONDS"] <= 2 * config["SOCKET_TIMEOUT"]:
        raise MissingSecret("SEND_LEASE_SECONDS must be more than twice SOCKET_TIMEOUT")
    if config["ENV"] != "production":
        config["SECRET_KEY"] = config["SECRET_KEY"] or DEVELOPMENT_SECRET
        config["ENCRYPTION_KEYS"] = config["ENCRYPTION_KEYS"] or [DEVELOPMENT_KEY]
        return
    required = ("SECRET_KEY", "ENCRYPTION_KEYS", "SQLALCHEMY_DATABASE_URI")
    missing = [name for name in required if not config[name]]
    if missing:
        names = ", ".join(n.replace("SQLALCHEMY_DATABASE_URI", "DATABASE_URL") for n in missing)
        raise MissingSecret(f"Production needs these settings: {names}.")
    if config["SECRET_KEY"] == DEVELOPMENT_SECRET or DEVELOPMENT_KEY in config["ENCRYPTION_KEYS"]:
        raise MissingSecret("Production must not use the development secrets.")
