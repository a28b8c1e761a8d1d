"""Single statements that are transactions of their own, on a connection that is kept.

For loops in which one statement is one decision (a claim, a batch of hits): against a unit of work
it saves the round trips of BEGIN and COMMIT and of taking a connection from the pool.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from app.core.db import db

LOST = (psycopg.OperationalError, psycopg.InterfaceError, SQLAlchemyError)


class KeptConnection:
    """One connection for one thread at a time; opened when first used, and anew after a failure.

    Inside an outer transaction that somebody else holds around everything, that one is used.
    """

    def __init__(self) -> None:
        self._pooled: PoolProxiedConnection | None = None
        self._owner: tuple[int, object] | None = None
        # Kept as well, because a new one asks anew how each type is read and written.
        self._cursor: psycopg.Cursor[Any] | None = None
        self._names: dict[str, tuple[str, ...]] = {}  # columns of a statement

    def run(self, statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        """Run one statement and commit it. Errors: `LOST`, or another psycopg.Error."""
        try:
            cursor = self._open_cursor()
            cursor.execute(statement, values)
            if cursor.rownumber is None:  # it returns no rows at all
                return []
            names = self._names.get(statement) or self._read_names(statement, cursor)
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except (psycopg.Error, SQLAlchemyError):
            self.close(broken=True)
            raise

    def close(self, *, broken: bool = False) -> None:
        """Give the connection back; a broken one is thrown away, one of a parent process left."""
        pooled, self._pooled, self._cursor = self._pooled, None, None
        if pooled is None or self._owner is None or self._owner[0] != os.getpid():
            return
        with suppress(psycopg.Error, SQLAlchemyError):
            if broken:
                pooled.invalidate()
            else:
                _driver_of(pooled).autocommit = False
            pooled.close()

    def _open_cursor(self) -> psycopg.Cursor[Any]:
        bind = db.engine
        if isinstance(bind, Connection):
            return _driver_of(bind.connection).cursor()
        owner = (os.getpid(), bind)
        if self._cursor is None or self._owner != owner:
            self.close()
            self._pooled, self._owner = bind.raw_connection(), owner
            driver = _driver_of(self._pooled)
            driver.autocommit = True
            self._cursor = driver.cursor()
        return self._cursor

    def _read_names(self, statement: str, cursor: psycopg.Cursor[Any]) -> tuple[str, ...]:
        names = tuple(column.name for column in cursor.description or ())
        self._names[statement] = names
        return names


def _driver_of(pooled: PoolProxiedConnection) -> psycopg.Connection[Any]:
    driver = pooled.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver
