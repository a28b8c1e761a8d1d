"""The JSON door of accounts."""

from typing import Any

from app.accounts import queries, services
from app.accounts.schemas import AccountSettingsInput, ConnectInput, DiscoverInput
from app.accounts.serializers import AccountJson, account_json, discovery_json, verification_json
from app.api.door import Numbered, endpoint, numbered
from app.core.permissions import current_actor
from app.models import EmailAccount

FIND = {"account_id": queries.get_account}


@endpoint("GET", "/account", permission="accounts.view")
def index_accounts() -> Numbered[AccountJson]:
    """The workspace's accounts, by address."""
    return numbered(queries.account_rows(), _row_json)


@endpoint("POST", "/account", permission="accounts.edit", body=ConnectInput, status=201)
def create_account(value: ConnectInput) -> AccountJson:
    """Try both servers and save the mailbox; 422 with the servers' own words otherwise."""
    services.require_unknown(value.email)
    found = services.try_servers(value.email, value, current_actor())
    return _json(services.connect_account(value, found))


@endpoint("POST", "/account/test", permission="accounts.edit", body=ConnectInput)
def create_trial(value: ConnectInput) -> dict[str, Any]:
    """Try both servers and save nothing."""
    return verification_json(services.try_servers(value.email, value, current_actor()))


@endpoint("POST", "/account/discover", permission="accounts.edit", body=DiscoverInput)
def create_discovery(value: DiscoverInput) -> dict[str, Any]:
    """Propose servers for an address."""
    return discovery_json(services.propose_servers(value.email, current_actor()))


@endpoint("GET", "/account/<int:account_id>", permission="accounts.view", find=FIND)
def show_account(account: EmailAccount) -> AccountJson:
    """One account."""
    return _json(account)


@endpoint(
    "PUT",
    "/account/<int:account_id>",
    permission="accounts.edit",
    find=FIND,
    body=AccountSettingsInput,
    present=services.present_settings,
)
def update_account(account: EmailAccount, value: AccountSettingsInput) -> AccountJson:
    """Save limits, rhythm and signature; what is not named stays."""
    services.update_account(account, value)
    return _json(account)


@endpoint("DELETE", "/account/<int:account_id>", permission="accounts.edit", find=FIND)
def delete_account(account: EmailAccount) -> None:
    """Take the account out."""
    services.remove_account(account)


@endpoint("POST", "/account/<int:account_id>/pause", permission="accounts.edit", find=FIND)
def pause_account(account: EmailAccount) -> AccountJson:
    """Stop sending from the account."""
    services.pause_account(account, "Paused by a person.")
    return _json(account)


@endpoint("POST", "/account/<int:account_id>/resume", permission="accounts.edit", find=FIND)
def resume_account(account: EmailAccount) -> AccountJson:
    """Send from the account again; 409 when it must be reconnected first."""
    services.resume_account(account)
    return _json(account)


def _json(account: EmailAccount) -> AccountJson:
    return _row_json(queries.account_row(account))


def _row_json(row: queries.AccountRow) -> AccountJson:
    return account_json(row.account, row.sent_today, row.allowed_today)
