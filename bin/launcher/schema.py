"""Is the database at the newest migration? Asked without loading the application."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from launcher.paths import ROOT

VERSIONS = ROOT / "migrations" / "versions"
REVISION = re.compile(r"^(down_revision|revision)\b[^=\n]*=\s*(.+)$", re.MULTILINE)
NAME = re.compile(r"['\"]([^'\"]+)['\"]")


def is_current(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    """True when the stored heads are the ones the migration files end in."""
    return stored_heads(connection) == file_heads(VERSIONS)


def file_heads(folder: Path) -> set[str]:
    """Revisions no other file builds on."""
    revisions: set[str] = set()
    built_on: set[str] = set()
    for file in folder.glob("*.py"):
        for kind, value in REVISION.findall(file.read_text()):
            target = revisions if kind == "revision" else built_on
            target.update(NAME.findall(value))
    return revisions - built_on


def stored_heads(connection: psycopg.Connection[tuple[object, ...]]) -> set[str]:
    found = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    if found is None or found[0] is None:
        return set()
    return {str(row[0]) for row in connection.execute("SELECT version_num FROM alembic_version")}
