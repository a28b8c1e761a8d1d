"""Commands of the installation that belong to no room: `flask keys rotate`."""

import click
import sqlalchemy as sa
from flask import Flask

from app.core import crypto
from app.core.crypto import EncryptedJSON, WrongSecret
from app.core.db import db
from app.core.tenancy import unscoped
from app.core.transactions import unit_of_work

BATCH = 500


def init_app(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(keys)


@click.group()
def keys() -> None:
    """Encryption keys of secrets at rest."""


@keys.command("rotate")
def rotate_keys() -> None:
    """Encrypt every stored secret again with the first of ENCRYPTION_KEYS.

    Safe to run while the app works, and to run again after a crash. Secrets that no key fits are
    left as they are and named at the end; the command then fails.
    """
    unreadable: list[str] = []
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, EncryptedJSON):
                done, failed = _rotate(table, column)
                click.echo(f"{table.name}.{column.name}: {done} rows")
                unreadable += [f"{table.name} {row_id}" for row_id in failed]
    if unreadable:
        raise click.ClickException(f"No key fits: {', '.join(unreadable)}. The rest is renewed.")


def _rotate(table: sa.Table, column: "sa.Column[str]") -> tuple[int, list[int]]:
    """How many rows were renewed, and the ids of those that cannot be read."""
    raw = sa.type_coerce(column, sa.Text)
    done, failed, last = 0, list[int](), 0
    while True:
        with unit_of_work() as session, unscoped("keys are of the installation"):
            rows = session.execute(
                sa.select(table.c.id, raw)
                .where(table.c.id > last, column.is_not(None))
                .order_by(table.c.id)
                .limit(BATCH)
                .with_for_update()
            ).all()
            for row_id, secret in rows:
                try:
                    renewed = sa.literal(crypto.rotate(secret), sa.Text)
                except WrongSecret:
                    failed.append(row_id)
                    continue
                row = sa.update(table).where(table.c.id == row_id)
                session.execute(row.values({column.name: renewed}))
                done += 1
        if not rows:
            return done, failed
        last = rows[-1][0]
