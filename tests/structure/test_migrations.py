"""Migrations lead from nothing to the models, one line of them, and back again."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade

from app import create_app
from app.core.db import db

FOLDER = Path(__file__).parents[2] / "migrations"


@pytest.fixture
def empty_app(database_url, redis_url, instance_dir):
    """The application on a database that nobody has migrated yet."""
    name = sa.make_url(database_url).database + "_migrations"
    server = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    app = create_app(
        TESTING=True,
        ENV="test",
        SQLALCHEMY_DATABASE_URI=sa.make_url(database_url)
        .set(database=name)
        .render_as_string(hide_password=False),
        REDIS_URL=redis_url,
        INSTANCE_DIR=instance_dir,
        LOG_LEVEL="ERROR",
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    with server.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    server.dispose()


def tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def drift() -> list:
    """What autogenerate would still change."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, db.metadata)


def test_up_is_the_models_down_is_nothing_and_up_again(empty_app):
    upgrade()
    assert tables() == set(db.metadata.tables)
    assert drift() == []
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    assert drift() == []


def scripts() -> ScriptDirectory:
    return ScriptDirectory(str(FOLDER))


def test_there_is_one_line_of_migrations():
    assert len(scripts().get_heads()) == 1
    assert len(scripts().get_bases()) == 1


def test_migrations_are_numbered_in_order():
    """`0007_words.py` is revision 0007 and follows 0006."""
    in_order = list(reversed(list(scripts().walk_revisions())))
    for number, script in enumerate(in_order, start=1):
        assert script.revision == f"{number:04}"
        assert re.fullmatch(rf"{number:04}_[a-z0-9_]+\.py", Path(script.path).name)
