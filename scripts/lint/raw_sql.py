"""Ways around the wall between workspaces: raw SQL, bare tables, bulk writes, COPY.

The wall sees ORM statements only. Outside app/core such a statement carries a comment
`# sql: why`, and whoever writes it binds the workspace by hand. Table definitions in app/models
may use text() for defaults and conditions of indexes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from scripts.lint.source import Finding, Module, dotted, modules

ALLOWED = ("app/core/", "app/models/")
TEXT = {"text", "sa.text", "sqlalchemy.text", "db.text"}
AROUND = {
    "bulk_insert_mappings",
    "bulk_update_mappings",
    "bulk_save_objects",
    "copy_from",
    "copy_expert",
    "exec_driver_sql",
}
COPY = re.compile(r"^\s*COPY\s")


def check(root: Path) -> Iterator[Finding]:
    for module in modules(root):
        if module.path.startswith(ALLOWED):
            continue
        for node, what in suspects(module):
            if not module.gives_reason(node, "sql"):
                yield module.finding(node, f"{what} goes around the wall; say why: # sql: …")


def suspects(module: Module) -> Iterator[tuple[ast.expr, str]]:
    imports_text = "import text" in module.text or re.search(r"import .*\btext\b", module.text)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in TEXT and (name != "text" or imports_text):
                yield node, "text()"
            elif name.rpartition(".")[2] in AROUND:
                yield node, f"{name}()"
        elif isinstance(node, ast.Attribute) and node.attr == "__table__":
            yield node, "__table__"
        elif isinstance(node, ast.Constant) and COPY.match(str(node.value)):
            yield node, "COPY"
