"""Commands of the demo: `flask demo seed`, `flask demo credentials`."""

import click
from flask import Flask

from app.accounts.queries import get_account
from app.auth.hashing import check_password
from app.auth.queries import find_user
from app.core.clock import utcnow
from app.core.errors import AppError
from app.core.settings import settings
from app.core.tenancy import unscoped, workspace_context
from app.core.transactions import unit_of_work
from app.sandbox import demo_copy, queries, services
from app.sandbox.filing import wait_for_world
from app.workspaces.policies import Access

PATIENCE = 30.0
password_option = click.option("--password", envvar="DEMO_PASSWORD", default="", hidden=True)


def init_app(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(demo)


@click.group()
def demo() -> None:
    """The demo workspace."""


@demo.command("seed")
@password_option
def seed(password: str) -> None:
    """Make the demo workspace, or get it going again. Safe to repeat."""
    if not settings.has_sandbox:
        raise click.ClickException("The demo needs the sandbox mail world; set SANDBOX_KEY.")
    if not password:
        raise click.ClickException("Set DEMO_PASSWORD, the password of the demo user.")
    try:
        wait_for_world(PATIENCE)
        opens = _seed(password)
    except AppError as error:
        raise click.ClickException(error.message) from error
    _say(password if opens else "(the one you have set)")


def _seed(password: str) -> bool:
    """Everything in order, each step in its own unit; whether the password still fits."""
    with unit_of_work():
        user, opens = services.ensure_demo_user(password)
        user_id, access = user.id, services.ensure_workspace(user)
    _follow_ports()
    with workspace_context(access.workspace_id):
        _seed_past(access)
        with unit_of_work():
            services.arm_demo(access.slug, user_id=user_id)
    return opens


def _follow_ports() -> None:
    """The sandbox may listen elsewhere than at the last start."""
    with unit_of_work(), unscoped("sandbox accounts of all workspaces follow the new ports"):
        misplaced = queries.misplaced_accounts()
    for workspace_id, account_id in misplaced:
        with workspace_context(workspace_id), unit_of_work():
            services.follow_ports(get_account(account_id))


def _seed_past(access: Access) -> None:
    """Accounts, and older conversations in them before the first sync looks."""
    with unit_of_work():
        accounts = queries.sandbox_accounts() or services.add_sandbox_accounts(access.slug)
        senders = [(account.from_name, account.email) for account in accounts]
        known = queries.find_demo()
    if known is None or known.history_at is None:
        services.deliver_history(senders)
        with unit_of_work():
            services.note_history(utcnow())


@demo.command("credentials")
@password_option
def credentials(password: str) -> None:
    """Print who to sign in as."""
    with unit_of_work():
        user = find_user(demo_copy.USER_EMAIL)
        opens = user is not None and check_password(password, user.password_hash)
    if user is None:
        raise click.ClickException("There is no demo user yet; run: flask demo seed")
    _say(password if opens else "(the one you have set)")


def _say(password: str) -> None:
    click.echo(f"Sign in:   {demo_copy.USER_EMAIL}")
    click.echo(f"Password:  {password}")
    click.echo("")
    click.echo("First, open Campaigns: one is running, and its first mails leave now.")
    click.echo("Then Mailhub: within four minutes somebody answers. Write back.")
    click.echo("Mail to yourself (confirmations, invitations) is shown at /sandbox/mail.")
