"""Limits, rhythm and signature of an account."""

from typing import Any

import nh3

from app.accounts.schemas import AccountSettingsInput
from app.models import EmailAccount

_TAGS = {
    "a",
    "b",
    "blockquote",
    "br",
    "div",
    "em",
    "i",
    "li",
    "ol",
    "p",
    "span",
    "strong",
    "u",
    "ul",
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
)


def update_account(account: EmailAccount, entry: AccountSettingsInput) -> None:
    """Save the settings. The signature is cleaned: formatting and links, nothing that acts."""
    account.from_name = entry.from_name
    account.daily_limit = entry.daily_limit
    account.ramp_enabled = entry.ramp_enabled
    account.ramp_start = entry.ramp_start
    account.ramp_step = entry.ramp_step
    account.gap_seconds = round(entry.gap_minutes * 60)
    account.gap_jitter_seconds = round(entry.jitter_minutes * 60)
    account.time_zone = entry.time_zone
    account.sent_copy = entry.sent_copy
    account.signature_html = clean_signature(entry.signature_html)


def present_settings(account: EmailAccount) -> dict[str, Any]:
    """The settings as they are, in the fields of `AccountSettingsInput`."""
    return {
        "from_name": account.from_name,
        "daily_limit": account.daily_limit,
        "ramp_enabled": account.ramp_enabled,
        "ramp_start": account.ramp_start,
        "ramp_step": account.ramp_step,
        "gap_minutes": account.gap_seconds / 60,
        "jitter_minutes": account.gap_jitter_seconds / 60,
        "time_zone": account.time_zone,
        "sent_copy": account.sent_copy,
        "signature_html": account.signature_html,
    }


def clean_signature(html: str) -> str:
    """A signature as it may stand in a mail. Cleaning it again changes nothing."""
    return _CLEANER.clean(html).strip()
