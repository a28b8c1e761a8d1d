"""Limits, rhythm and signature of an account."""

import nh3

from app.accounts.schemas import SettingsInput
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


def update_account(account: EmailAccount, entry: SettingsInput) -> None:
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


def clean_signature(html: str) -> str:
    """A signature as it may stand in a mail. Cleaning it again changes nothing."""
    return _CLEANER.clean(html).strip()
