"""Results of the command palette: campaigns, leads and accounts by what was typed."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import current_app, url_for

from app.core.permissions import can
from app.home import queries
from app.web.nav import PaletteItem

MIN_LETTERS = 2
Found = Callable[[str], list[tuple[int, str, str]]]

# group, icon, permission, endpoint, name of its argument, query
SOURCES: tuple[tuple[str, str, str, str, str, Found], ...] = (
    (
        "Campaigns",
        "megaphone",
        "campaigns.view",
        "campaigns.show_campaign",
        "campaign_id",
        queries.find_campaigns,
    ),
    ("Leads", "users", "leads.view", "leads.show_lead", "lead_id", queries.find_leads),
    (
        "Accounts",
        "mail",
        "accounts.view",
        "accounts.show_account",
        "account_id",
        queries.find_accounts,
    ),
)


def find_records(text: str) -> Iterator[PaletteItem]:
    """What the workspace holds under this text, as far as the person may see it."""
    if len(text) < MIN_LETTERS:
        return
    for group, icon, permission, endpoint, argument, find in SOURCES:
        if endpoint not in current_app.view_functions or not can(permission):
            continue
        for record_id, label, hint in find(text):
            values: dict[str, Any] = {argument: record_id}
            url = url_for(endpoint, **values)
            yield PaletteItem(label, url, icon, group, hint.replace("_", " "))
