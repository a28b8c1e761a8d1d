"""Verbs of accounts: connect, try out, pause, resume, reconnect, remove, edit, reach."""

from app.accounts.services.connect import (
    connect_account,
    propose_servers,
    reconnect_account,
    require_unknown,
    try_account,
    try_servers,
)
from app.accounts.services.lifecycle import (
    mark_disconnected,
    mark_proven,
    mark_reconnect_required,
    mark_working,
    pause_account,
    remove_account,
    resume_account,
)
from app.accounts.services.reach import mail_provider, provider_for
from app.accounts.services.settings import present_settings, update_account

__all__ = [
    "connect_account",
    "mail_provider",
    "mark_disconnected",
    "mark_proven",
    "mark_reconnect_required",
    "mark_working",
    "pause_account",
    "present_settings",
    "propose_servers",
    "provider_for",
    "reconnect_account",
    "remove_account",
    "require_unknown",
    "resume_account",
    "try_account",
    "try_servers",
    "update_account",
]
