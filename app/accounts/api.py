"""The JSON door of accounts."""

from typing import Any

from app.accounts import queries, services
from app.accounts.schemas import ConnectInput, DiscoverInput, SettingsInput
from app.accounts.serializers import (
    account_json,
    account_row_json,
    discovery_json,
    verification_json,
)
from app.api.door import Numbered, asked_page, endpoint
from app.core.context import current_actor
from app.models import EmailAccount

FIND = {"account_id": queries.get_account}


@endpoint("GET", "/account", permission="accounts.view")
def index_accounts() -> Numbered:
    """Every account with today's figures, by address."""
    rows, asked = queries.account_rows(), asked_page()
    shown = rows[asked.offset : asked.offset + asked.per_page]
    return Numbered(shown, len(rows), asked, account_row_json)


@endpoint("POST", "/account", permission="accounts.edit", body=ConnectInput, status=201)
def create_account(value: ConnectInput) -> dict[str, Any]:
    """Connect a mailbox; both servers are tried first."""
    services.require_unknown(value.email)
    found = services.try_servers(value.email, value, current_actor())
    return account_json(services.connect_account(value, found))


@endpoint("POST", "/account/test", permission="accounts.edit", body=ConnectInput)
def test_account(value: ConnectInput) -> dict[str, Any]:
    """Try servers out without saving anything."""
    return verification_json(services.try_servers(value.email, value, current_actor()))


@endpoint("POST", "/account/discover", permission="accounts.edit", body=DiscoverInput)
def discover_servers(value: DiscoverInput) -> dict[str, Any]:
    """Propose servers for an address."""
    return discovery_json(services.propose_servers(value.email, current_actor()))


@endpoint("GET", "/account/<int:account_id>", permission="accounts.view", find=FIND)
def show_account(account: EmailAccount) -> dict[str, Any]:
    """One account with today's figures."""
    return account_row_json(queries.account_row(account))


@endpoint(
    "PUT",
    "/account/<int:account_id>",
    permission="accounts.edit",
    find=FIND,
    body=SettingsInput,
)
def update_account(account: EmailAccount, value: SettingsInput) -> dict[str, Any]:
    """Change limits, rhythm and signature."""
    services.update_account(account, value)
    return account_json(account)


@endpoint("DELETE", "/account/<int:account_id>", permission="accounts.edit", find=FIND)
def delete_account(account: EmailAccount) -> None:
    """Take the account out; what it has queued is cancelled."""
    services.remove_account(account)


@endpoint("POST", "/account/<int:account_id>/pause", permission="accounts.edit", find=FIND)
def pause_account(account: EmailAccount) -> dict[str, Any]:
    """Stop sending from the account."""
    services.pause_account(account, "Paused by a person.")
    return account_json(account)


@endpoint("POST", "/account/<int:account_id>/resume", permission="accounts.edit", find=FIND)
def resume_account(account: EmailAccount) -> dict[str, Any]:
    """Send from the account again."""
    services.resume_account(account)
    return account_json(account)
