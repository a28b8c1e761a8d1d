"""Workspace isolation below the verbs: the session itself never shows another workspace's rows.

Wall 2 of docs/architecture.md. A listener rewrites each ORM-enabled statement that touches an
owned table, wherever in the statement the table stands; without a workspace it refuses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.schema import Table

from app.core.db import AppSession, Model, db

current_workspace_id: ContextVar[int | None] = ContextVar("current_workspace_id", default=None)
_unscoped: ContextVar[str | None] = ContextVar("unscoped_reason", default=None)


class NoWorkspace(RuntimeError):
    """A statement touched rows that belong to workspaces while none was chosen."""


class WrongWorkspace(RuntimeError):
    """A row of one workspace was about to be written in another."""


class WorkspaceOwned:
    """Mixin of every table whose rows belong to one workspace."""

    workspace_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("workspace.id", ondelete="CASCADE"), index=False
    )


class WorkspaceKeyed(WorkspaceOwned):
    """The same for tables that are upserted by their primary key: the workspace is part of it."""

    workspace_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True
    )


def require_workspace_id() -> int:
    """The current workspace's id. Errors: NoWorkspace."""
    workspace_id = current_workspace_id.get()
    if workspace_id is None:
        raise NoWorkspace("no workspace is set")
    return workspace_id


@contextmanager
def workspace_context(workspace_id: int | None) -> Iterator[None]:
    """Work inside one workspace with a session of its own.

    The session is emptied on entry and exit, so that the identity map never holds rows of two
    workspaces. Entering the workspace that is already current changes nothing.
    """
    if current_workspace_id.get() == workspace_id and _unscoped.get() is None:
        yield
        return
    db.session.expunge_all()
    token, reason = current_workspace_id.set(workspace_id), _unscoped.set(None)
    try:
        yield
    finally:
        _unscoped.reset(reason)
        current_workspace_id.reset(token)
        db.session.expunge_all()


@contextmanager
def unscoped(why: str) -> Iterator[None]:
    """Read or write across all workspaces; `why` says what makes that right."""
    token = _unscoped.set(why)
    try:
        yield
    finally:
        _unscoped.reset(token)


def owned_tables(statement: Any) -> set[Table]:
    """Every workspace-owned table that stands anywhere in the statement."""
    owned = _owned_table_set()
    found: set[Table] = set()
    for element in visitors.iterate(statement):
        table = element if isinstance(element, Table) else getattr(element, "table", None)
        if isinstance(table, Table) and table in owned:
            found.add(table)
    return found


@cache
def _owned_table_set() -> frozenset[Table]:
    """All owned tables. Asked first by a statement, when every model is long imported."""
    return frozenset(
        mapper.local_table
        for mapper in Model.registry.mappers
        if issubclass(mapper.class_, WorkspaceOwned) and isinstance(mapper.local_table, Table)
    )


@event.listens_for(AppSession, "do_orm_execute")
def scope_to_workspace(state: ORMExecuteState) -> None:
    """Add the workspace's criteria to every statement, or refuse."""
    if _unscoped.get() is not None:
        return
    workspace_id = current_workspace_id.get()
    touched = owned_tables(state.statement)
    if not touched:
        if state.is_select and workspace_id is not None:
            _add_criteria(state, workspace_id)  # relationships loaded later carry it too
        return
    if workspace_id is None:
        raise NoWorkspace(f"{sorted(t.name for t in touched)} asked for without a workspace")
    if state.is_insert:
        return
    if not state.is_orm_statement:  # bare `Model.__table__`: the criteria would not reach it
        raise NoWorkspace(f"{sorted(t.name for t in touched)} named as a bare table")
    _add_criteria(state, workspace_id)


def _add_criteria(state: ORMExecuteState, workspace_id: int) -> None:
    state.statement = state.statement.options(
        with_loader_criteria(
            WorkspaceOwned,
            lambda cls: cls.workspace_id == workspace_id,
            include_aliases=True,
            propagate_to_loaders=True,
            track_closure_variables=True,
        )
    )


@event.listens_for(AppSession, "before_flush")
def stamp_workspace(session: Session, _context: object, _instances: object) -> None:
    """Stamp new rows with the current workspace; refuse rows of any other."""
    if _unscoped.get() is not None:
        return
    workspace_id = current_workspace_id.get()
    for row in session.new:
        if isinstance(row, WorkspaceOwned) and row.workspace_id is None and workspace_id:
            row.workspace_id = workspace_id
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, WorkspaceOwned) and row.workspace_id != workspace_id:
            raise WrongWorkspace(f"{type(row).__name__} belongs to another workspace")
