"""Alembic's environment: the app's engine, the models' metadata, numbered revisions."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

from app.core.crypto import EncryptedJSON

database = current_app.extensions["migrate"].db


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Migrations must not depend on app code: an encrypted column is a text column."""
    return "sa.Text()" if kind == "type" and isinstance(item, EncryptedJSON) else False


def number_revision(
    _context: MigrationContext, _revision: Any, directives: list[MigrationScript]
) -> None:
    """Give a new revision the next number: 0001, 0002 …"""
    script = directives[0]
    head = ScriptDirectory.from_config(context.config).get_current_head()
    script.rev_id = f"{int(head or 0) + 1:04d}"


def compare_type(_context: Any, _inspected: Any, column: Any, *_types: Any) -> bool | None:
    """Encrypted columns are text in the database."""
    return False if isinstance(column.type, EncryptedJSON) else None


with database.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_item=render_item,
        process_revision_directives=number_revision,
        compare_type=compare_type,
    )
    with context.begin_transaction():
        context.run_migrations()
