"""Accounts as JSON. Credentials go in and never come out."""

from dataclasses import asdict
from typing import Any

from app.accounts.queries import AccountRow
from app.models import EmailAccount
from app.providers.mail.base import Verification
from app.providers.mail.discovery import Discovery


def account_json(account: EmailAccount) -> dict[str, Any]:
    """A connected mailbox."""
    return {
        "id": account.id,
        "email": account.email,
        "from_name": account.from_name,
        "provider": account.provider,
        "provider_name": account.provider_name,
        "status": account.status,
        "status_reason": account.status_reason,
        "imap": _server(account, "imap"),
        "smtp": _server(account, "smtp"),
        "daily_limit": account.daily_limit,
        "ramp": {
            "enabled": account.ramp_enabled,
            "start": account.ramp_start,
            "step": account.ramp_step,
        },
        "gap_seconds": account.gap_seconds,
        "gap_jitter_seconds": account.gap_jitter_seconds,
        "time_zone": account.time_zone,
        "sent_copy": account.sent_copy,
        "signature_html": account.signature_html,
        "connected_at": account.connected_at,
        "created_at": account.created_at,
        "updated_at": account.updated_at,
    }


def account_row_json(row: AccountRow) -> dict[str, Any]:
    """The same with today's figures."""
    figures = {"sent_today": row.sent_today, "allowed_today": row.allowed_today}
    return {**account_json(row.account), **figures}


def _server(account: EmailAccount, kind: str) -> dict[str, Any]:
    return {name: getattr(account, f"{kind}_{name}") for name in ("host", "port", "security")}


def verification_json(found: Verification) -> dict[str, Any]:
    """What trying out showed, step by step, in the servers' own words."""
    return {
        "ok": found.ok,
        "steps": [asdict(step) for step in found.steps],
        "files_sent_copy": found.files_sent_copy,
    }


def discovery_json(found: Discovery) -> dict[str, Any]:
    """Proposed servers."""
    return {
        "source": found.source,
        "provider_name": found.provider_name,
        "username": found.username,
        "advice": found.advice,
        "imap": asdict(found.imap) if found.imap else None,
        "smtp": asdict(found.smtp) if found.smtp else None,
    }
