"""Commands for whoever runs the installation: `flask admin grant EMAIL`, `flask oauth client`."""

import click
from flask import Flask

from app.auth import services
from app.core.errors import AppError
from app.core.transactions import unit_of_work


def init_app(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(admin)
    app.cli.add_command(oauth)


@click.group()
def admin() -> None:
    """Who runs this installation."""


@admin.command("grant")
@click.argument("email")
def grant(email: str) -> None:
    """Make EMAIL an installation admin."""
    _set_admin(email, granted=True)
    click.echo(f"{email} is an installation admin now.")


@admin.command("revoke")
@click.argument("email")
def revoke(email: str) -> None:
    """Take that away again."""
    _set_admin(email, granted=False)
    click.echo(f"{email} is no installation admin any more.")


@admin.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Lock EMAIL out: sessions and tokens end now."""
    _set_disabled(email, disabled=True)
    click.echo(f"{email} is locked out.")


@admin.command("enable")
@click.argument("email")
def enable(email: str) -> None:
    """Let EMAIL sign in again."""
    _set_disabled(email, disabled=False)
    click.echo(f"{email} may sign in again.")


@click.group()
def oauth() -> None:
    """Clients of POST /oauth/token."""


@oauth.command("client")
@click.argument("name")
@click.option("--public", "is_public", is_flag=True, help="A client without a secret.")
def client(name: str, is_public: bool) -> None:
    """Make a first-party client and print its id and secret, once."""
    with unit_of_work():
        made, secret = services.create_client(name, is_public=is_public)
        client_id = made.id
    click.echo(f"client_id: {client_id}")
    if secret:
        click.echo(f"client_secret: {secret}")


def _set_disabled(email: str, *, disabled: bool) -> None:
    try:
        with unit_of_work():
            services.disable_user(email, disabled=disabled)
    except AppError as error:
        raise click.ClickException(error.message) from error


def _set_admin(email: str, *, granted: bool) -> None:
    try:
        with unit_of_work():
            services.grant_admin(email, granted=granted)
    except AppError as error:
        raise click.ClickException(error.message) from error
