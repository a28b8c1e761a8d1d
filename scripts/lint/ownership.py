"""Who may write which table, and that core inserts carry their workspace.

The first line of every file in app/models names the owning rooms ("Owner: leads. …"). Only they
make, insert, update or delete those rows; others call a verb of the owner. An `insert()` into an
owned table is not stamped by the session, so the module around it must name `workspace_id`, and
so must the key of an upsert.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lint.source import Finding, Module, dotted, modules

STATEMENTS = {"insert", "pg_insert", "update", "delete"}
INSERTS = {"insert", "pg_insert"}
MIXIN = "WorkspaceOwned"
UPSERTS = {"on_conflict_do_update", "on_conflict_do_nothing"}


@dataclass
class Tables:
    """What app/models says: owners of each model, and which models belong to a workspace."""

    owners: dict[str, set[str]] = field(default_factory=dict)
    owned: set[str] = field(default_factory=set)


def check(root: Path) -> Iterator[Finding]:
    tables = read_tables(root)
    for module in modules(root):
        room = room_of(module)
        if room in ("core", "models"):
            continue
        for call in module.calls():
            yield from foreign_writes(module, room, call, tables)
            yield from unstamped_inserts(module, call, tables)


def read_tables(root: Path) -> Tables:
    tables = Tables()
    rooms = {path.name for path in (root / "app").iterdir() if path.is_dir()}
    for module in modules(root):
        if not module.path.startswith("app/models/"):
            continue
        owners = rooms & named_owners(ast.get_docstring(module.tree) or "")
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                tables.owners[node.name] = owners
                if any(dotted(base).endswith(MIXIN) for base in node.bases):
                    tables.owned.add(node.name)
    return tables


def named_owners(docstring: str) -> set[str]:
    """Words between "Owner:" and the first full stop, remarks in brackets left out."""
    _, found, rest = docstring.partition("Owner:")
    named = re.sub(r"\([^)]*\)", "", rest).partition(".")[0]
    return set(re.findall(r"\w+", named)) if found else set()


def room_of(module: Module) -> str:
    """The room of a module; empty for the composition root (app/*.py) and entry points."""
    parts = module.path.split("/")
    return parts[1] if len(parts) > 2 else ""


def foreign_writes(module: Module, room: str, call: ast.Call, tables: Tables) -> Iterator[Finding]:
    name = written_model(call)
    owners = tables.owners.get(name, set())
    if not room or not owners or room in owners or name not in imported_models(module):
        return
    if not module.gives_reason(call, "owner"):
        yield module.finding(
            call,
            f"{room} writes {name}, which belongs to {' and '.join(sorted(owners))};"
            " call a verb of theirs or say why: # owner: …",
        )


def written_model(call: ast.Call) -> str:
    """The model a call makes or changes: Model(…), insert(Model), update(Model), delete(Model)."""
    name = dotted(call.func).rpartition(".")[2]
    if name in STATEMENTS:
        return dotted(call.args[0]).rpartition(".")[2] if call.args else ""
    return name


def imported_models(module: Module) -> set[str]:
    """Models this module knows by their own name: others may share a name with them."""
    return {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app.models")
        for alias in node.names
    }


def unstamped_inserts(module: Module, call: ast.Call, tables: Tables) -> Iterator[Finding]:
    name = dotted(call.func).rpartition(".")[2]
    if name in INSERTS and written_model(call) in tables.owned:
        if "workspace_id" in module.text:
            return
        yield module.finding(call, "insert() into an owned table without workspace_id")
    elif name in UPSERTS and inserts_owned(module, call, tables):
        if names_workspace(module, call) or module.gives_reason(call, "upsert"):
            return
        yield module.finding(call, "upsert on a key without workspace_id; say why: # upsert: …")


def names_workspace(module: Module, upsert: ast.Call) -> bool:
    """An upsert that names no key, or one that contains the workspace."""
    keys = [keyword.value for keyword in upsert.keywords if keyword.arg == "index_elements"]
    if keys and isinstance(keys[0], ast.Name):
        keys = assigned(module, keys[0].id) or keys
    return not keys or any("workspace_id" in ast.unparse(key) for key in keys)


def assigned(module: Module, name: str) -> list[ast.expr]:
    """All values a name gets in the module."""
    return [
        node.value
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign) and name in [dotted(target) for target in node.targets]
    ]


def inserts_owned(module: Module, call: ast.Call, tables: Tables) -> bool:
    around = module.enclosing(call, ast.FunctionDef, ast.AsyncFunctionDef) or module.tree
    return any(
        isinstance(node, ast.Call)
        and dotted(node.func).rpartition(".")[2] in INSERTS
        and written_model(node) in tables.owned
        for node in ast.walk(around)
    )
