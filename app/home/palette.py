"""Accounts in the command palette. Campaigns and leads bring their own results."""

from collections.abc import Iterator

from flask import url_for

from app.core.permissions import can
from app.home import queries
from app.web.nav import PaletteItem

MIN_LETTERS = 2


def find_accounts(text: str) -> Iterator[PaletteItem]:
    """Accounts whose address holds the text, for those who may see accounts."""
    if len(text) < MIN_LETTERS or not can("accounts.view"):
        return
    for account in queries.find_accounts(text):
        url = url_for("accounts.show_account", account_id=account.id)
        hint = account.status.replace("_", " ").capitalize()
        yield PaletteItem(account.email, url, "mail", "Accounts", hint)
