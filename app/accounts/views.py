"""Pages of accounts: the list, adding one, its settings, trying it, reconnecting it."""

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries, services
from app.accounts.schemas import AccountSettingsInput, ConnectInput, DiscoverInput, ReconnectInput
from app.core.errors import Invalid, TooMany
from app.core.forms import Form, parse_form
from app.core.permissions import current_actor, requires
from app.core.settings import settings
from app.models import EmailAccount
from app.providers.mail.base import Verification
from app.providers.mail.discovery import Discovery
from app.providers.mail.facts import facts_for_server
from app.web.responses import done, fragment, invalid, is_fragment_request, page
from app.web.toasts import toast
from app.workspaces.schemas import time_zone_options

bp = Blueprint("accounts", __name__, url_prefix="/w/<slug>/accounts")

SENT_COPIES = (
    ("append", "Parakeet files a copy"),
    ("provider", "The server files its own copy"),
    ("none", "No copies"),
)


@bp.get("")
@requires("accounts.view")
def index_accounts() -> ResponseReturnValue:
    """All accounts with their state and today's figures."""
    return page(
        "accounts/index.html", rows=queries.account_rows(), has_sandbox=settings.has_sandbox
    )


@bp.get("/add")
@requires("accounts.edit")
def new_account() -> ResponseReturnValue:
    """The form for a custom mailbox."""
    return page("accounts/new.html", **_form_context())


@bp.post("/discover")
@requires("accounts.edit")
def create_discovery() -> ResponseReturnValue:
    """The servers part of the form, filled in for an address."""
    form = parse_form(DiscoverInput)
    found = None
    if form.ok:
        try:
            found = services.propose_servers(form.value.email, current_actor())
        except TooMany as error:
            form.fail("email", error.message)
    return fragment("accounts/_servers.html", **_form_context(found=found))


@bp.post("")
@requires("accounts.edit")
def create_account() -> ResponseReturnValue:
    """Try both servers and save the mailbox."""
    form = parse_form(ConnectInput)
    found = None
    if form.ok:
        try:
            services.require_unknown(form.value.email)
            found = services.try_servers(form.value.email, form.value, current_actor())
            account = services.connect_account(form.value, found)
        except (Invalid, TooMany) as error:
            _note(form, error, found)
        else:
            return done(_url(account), message=f"{account.email} is connected.")
    return invalid(
        "accounts/new.html",
        partial="accounts/_new_form.html",
        form=form,
        **_form_context(trial=found, host=form.get("smtp_host")),
    )


@bp.get("/<int:account_id>")
@requires("accounts.view")
def show_account(account_id: int) -> ResponseReturnValue:
    """Settings of an account."""
    return page("accounts/show.html", **_account_context(queries.get_account(account_id)))


@bp.post("/<int:account_id>")
@requires("accounts.edit")
def update_account(account_id: int) -> ResponseReturnValue:
    """Save limits, rhythm and signature."""
    account = queries.get_account(account_id)
    form = parse_form(AccountSettingsInput)
    if not form.ok:
        return invalid("accounts/show.html", form=form, **_account_context(account))
    services.update_account(account, form.value)
    return done(_url(account), message="Saved.")


@bp.post("/<int:account_id>/pause")
@requires("accounts.edit")
def create_pause(account_id: int) -> ResponseReturnValue:
    """Stop sending from the account."""
    account = queries.get_account(account_id)
    services.pause_account(account, "Paused by a person.")
    return done(url_for(".index_accounts"), message=f"{account.email} is paused.")


@bp.post("/<int:account_id>/resume")
@requires("accounts.edit")
def delete_pause(account_id: int) -> ResponseReturnValue:
    """Send from the account again."""
    account = queries.get_account(account_id)
    services.resume_account(account)
    return done(url_for(".index_accounts"), message=f"{account.email} sends again.")


@bp.post("/<int:account_id>/remove")
@requires("accounts.edit")
def delete_account(account_id: int) -> ResponseReturnValue:
    """Take the account out."""
    account = queries.get_account(account_id)
    email = account.email
    services.remove_account(account)
    return done(url_for(".index_accounts"), message=f"{email} is removed.")


@bp.post("/<int:account_id>/test")
@requires("accounts.edit")
def create_trial(account_id: int) -> ResponseReturnValue:
    """Sign in with the kept password and show each step."""
    account, found, refusal = queries.get_account(account_id), None, ""
    try:
        found = services.try_account(account, current_actor())
    except TooMany as error:
        refusal = error.message
    account = queries.get_account(account_id)
    if found and found.ok and services.mark_proven(account):
        toast(f"{account.email} is connected again.")
    context = _account_context(account, trial=found, refusal=refusal)
    if is_fragment_request():
        return fragment("accounts/_trial.html", **context)
    return page("accounts/show.html", **context)


@bp.get("/<int:account_id>/reconnect")
@requires("accounts.edit")
def edit_connection(account_id: int) -> ResponseReturnValue:
    """Another password, or other servers, for the same mailbox."""
    account = queries.get_account(account_id)
    context = _form_context(host=account.smtp_host)
    return page("accounts/reconnect.html", account=account, **context)


@bp.post("/<int:account_id>/reconnect")
@requires("accounts.edit")
def update_connection(account_id: int) -> ResponseReturnValue:
    """Try them and take them over."""
    account = queries.get_account(account_id)
    form = parse_form(ReconnectInput)
    found = None
    if form.ok:
        try:
            found = services.try_servers(account.email, form.value, current_actor())
            account = queries.get_account(account_id)
            services.reconnect_account(account, form.value, found)
        except (Invalid, TooMany) as error:
            _note(form, error, found)
        else:
            return done(_url(account), message=f"{account.email} is connected again.")
    return invalid(
        "accounts/reconnect.html",
        partial="accounts/_reconnect_form.html",
        form=form,
        account=queries.get_account(account_id),
        **_form_context(trial=found, host=form.get("smtp_host")),
    )


def _note(form: Form[Any], error: Invalid | TooMany, found: Verification | None) -> None:
    """Put a refusal on the form. The steps of a failed trial stand below it on their own."""
    if isinstance(error, TooMany):
        form.fail("_trial", error.message)
    elif found is not None and not found.ok:
        form.fail(
            "_trial", "The test failed. The lines below say where, in the words of the servers."
        )
    else:
        for name, sentences in error.errors.items():
            for sentence in sentences:
                form.fail(name, sentence)


def _form_context(
    found: Discovery | None = None, trial: Verification | None = None, host: str = ""
) -> dict[str, Any]:
    securities = [("ssl", "SSL/TLS"), ("starttls", "STARTTLS")]
    if settings.egress_allow:
        securities.append(("none", "None (local servers only)"))
    advice = found.advice if found else _advice(host) if trial and not trial.ok else ""
    return {
        "found": found,
        "trial": trial,
        "refusal": "",
        "advice": advice,
        "securities": securities,
        "has_sandbox": settings.has_sandbox,
    }


def _account_context(
    account: EmailAccount, trial: Verification | None = None, refusal: str = ""
) -> dict[str, Any]:
    is_refused = account.status == "reconnect_required" or (trial is not None and not trial.ok)
    return {
        "account": account,
        "row": queries.account_row(account),
        "time_zones": time_zone_options(),
        "sent_copies": SENT_COPIES,
        "trial": trial,
        "refusal": refusal,
        "advice": _advice(account.smtp_host) if is_refused else "",
    }


def _advice(host: str) -> str:
    facts = facts_for_server(host)
    return facts.advice if facts else ""


def _url(account: EmailAccount) -> str:
    return url_for("accounts.show_account", account_id=account.id)
