"""The configuration as rooms without Flask see it: filled once by create_app, then read only."""

from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Settings:
    """Values of config.py that services, jobs and adapters need."""

    env: str = "development"
    public_url: str = "http://127.0.0.1:8000"
    secret_key: str = ""
    secret_key_fallbacks: list[str] = field(default_factory=list)
    encryption_keys: list[str] = field(default_factory=list)
    redis_url: str = "redis://127.0.0.1:6379/0"
    instance_dir: str = "instance"
    egress_allow: list[str] = field(default_factory=list)
    system_smtp_url: str = ""
    system_from: str = ""
    sandbox_key: str = ""
    sandbox_smtp_port: int = 0
    sandbox_imap_port: int = 0
    socket_timeout: int = 60
    send_lease_seconds: int = 180
    reconcile_waits: list[int] = field(default_factory=lambda: [30, 120, 600])
    dns_server: str = ""

    @property
    def is_production(self) -> bool:
        """Whether strangers may reach this installation."""
        return self.env == "production"

    @property
    def is_https(self) -> bool:
        """Whether people reach the installation by https."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def has_sandbox(self) -> bool:
        """Whether a sandbox mail world runs beside the app."""
        return bool(self.sandbox_key and self.sandbox_smtp_port and self.sandbox_imap_port)

    def load(self, config: dict[str, Any]) -> None:
        """Take the values of a Flask config (upper-case names)."""
        for entry in fields(self):
            if entry.name.upper() in config:
                setattr(self, entry.name, config[entry.name.upper()])


settings = Settings()
