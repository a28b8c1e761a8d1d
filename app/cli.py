"""Commands of the installation that belong to no room: `flask keys rotate`."""

import click
import sqlalchemy as sa
from flask import Flask

from app.core import crypto
from app.core.crypto import EncryptedJSON
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

    Safe to run while the app works, and to run again after a crash.
    """
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, EncryptedJSON):
                click.echo(f"{table.name}.{column.name}: {_rotate(table, column)} rows")


def _rotate(table: sa.Table, column: "sa.Column[str]") -> int:
    raw = sa.type_coerce(column, sa.Text)
    last, done = 0, 0
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
                renewed = sa.literal(crypto.rotate(secret), sa.Text)
                session.execute(
                    sa.update(table).where(table.c.id == row_id).values({column.name: renewed})
                )
        if not rows:
            return done
        last, done = rows[-1][0], done + len(rows)
