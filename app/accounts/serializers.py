"""Accounts as JSON. Credentials are write-only: no shape ever holds them."""

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from app.models import EmailAccount
from app.providers.mail.base import Verification
from app.providers.mail.discovery import Discovery
from app.providers.mail.facts import Endpoint


class ServerJson(TypedDict):
    """Where a mailbox is."""

    host: str
    port: int
    security: str


class AccountJson(TypedDict):
    """An email account."""

    id: int
    email: str
    from_name: str
    provider: str
    provider_name: str
    status: str
    status_reason: str
    imap: ServerJson
    smtp: ServerJson
    daily_limit: int
    sent_today: int
    allowed_today: int
    ramp_enabled: bool
    ramp_start: int
    ramp_step: int
    gap_minutes: float
    jitter_minutes: float
    time_zone: str
    sent_copy: str
    signature_html: str
    is_sandbox: bool
    connected_at: datetime
    last_ok_at: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


def account_json(account: EmailAccount, sent_today: int, allowed_today: int) -> AccountJson:
    """An account with today's figures."""
    return {
        "id": account.id,
        "email": account.email,
        "from_name": account.from_name,
        "provider": account.provider,
        "provider_name": account.provider_name,
        "status": account.status,
        "status_reason": account.status_reason,
        "imap": _server(account.imap_host, account.imap_port, account.imap_security),
        "smtp": _server(account.smtp_host, account.smtp_port, account.smtp_security),
        "daily_limit": account.daily_limit,
        "sent_today": sent_today,
        "allowed_today": allowed_today,
        "ramp_enabled": account.ramp_enabled,
        "ramp_start": account.ramp_start,
        "ramp_step": account.ramp_step,
        "gap_minutes": round(account.gap_seconds / 60, 2),
        "jitter_minutes": round(account.gap_jitter_seconds / 60, 2),
        "time_zone": account.time_zone,
        "sent_copy": account.sent_copy,
        "signature_html": account.signature_html,
        "is_sandbox": account.is_sandbox,
        "connected_at": account.connected_at,
        "last_ok_at": account.last_ok_at,
        "created_at": account.created_at,
        "updated_at": account.updated_at,
        "deleted_at": account.removed_at,
    }


def verification_json(found: Verification) -> dict[str, Any]:
    """What trying an account showed, step by step; `ok` is null for a step never reached."""
    return {
        "ok": found.ok,
        "steps": [
            {"name": step.name, "label": step.label, "ok": step.ok, "text": step.text}
            for step in found.steps
        ],
        "files_sent_copy": found.files_sent_copy,
    }


def discovery_json(found: Discovery) -> dict[str, Any]:
    """Proposed servers."""
    return {
        "source": found.source,
        "provider_name": found.provider_name,
        "username": found.username,
        "advice": found.advice,
        "imap": _endpoint(found.imap),
        "smtp": _endpoint(found.smtp),
    }


def _endpoint(endpoint: Endpoint | None) -> ServerJson | None:
    return _server(endpoint.host, endpoint.port, endpoint.security) if endpoint else None


def _server(host: str, port: int, security: str) -> ServerJson:
    return {"host": host, "port": port, "security": security}
