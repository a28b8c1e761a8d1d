"""What the Python rules share: parsed modules, findings, and reasons given in comments."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ENTRY_POINTS = ("worker.py", "wsgi.py")
# The simulated outside world talks to the application by SMTP, IMAP and HTTP only. It has its own
# store and lives by the real clock, as the real world does.
OUTSIDE = "app/sandbox/world/"


@dataclass(frozen=True)
class Finding:
    """One broken rule at one line."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Module:
    """A Python file of the application."""

    def __init__(self, root: Path, file: Path) -> None:
        self.path = file.relative_to(root).as_posix()
        self.text = file.read_text()
        self.lines = self.text.splitlines()
        self.tree = ast.parse(self.text, self.path)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def enclosing(self, node: ast.AST, *kinds: type[ast.AST]) -> ast.AST | None:
        """The nearest node of one of the kinds around `node`, itself included."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, kinds):
            current = self.parents.get(current)
        return current

    def gives_reason(self, node: ast.expr, marker: str) -> bool:
        """Is there a comment `# marker: why` on the statement, or on the lines right above?"""
        statement = self.enclosing(node, ast.stmt)
        place = statement if isinstance(statement, ast.stmt) else node
        first = min(place.lineno, node.lineno) - 1
        while first > 0 and self.lines[first - 1].lstrip().startswith("#"):
            first -= 1
        last = node.end_lineno or node.lineno
        if not is_compound(place):
            last = max(last, place.end_lineno or last)
        return any(has_reason(line, marker) for line in self.lines[first:last])

    def finding(self, node: ast.expr, message: str) -> Finding:
        return Finding(self.path, node.lineno, message)


def is_compound(node: ast.AST) -> bool:
    """A statement with statements inside: its last line says nothing about its head."""
    return hasattr(node, "body")


def has_reason(line: str, marker: str) -> bool:
    """`# sql: ` followed by something that reads like a reason."""
    _, found, reason = line.partition(f"# {marker}:")
    return bool(found) and len(reason.strip()) >= 8


def modules(root: Path) -> Iterator[Module]:
    """All Python files of the application, tests and migrations left out."""
    files = [*sorted((root / "app").rglob("*.py")), *(root / name for name in ENTRY_POINTS)]
    return (Module(root, file) for file in files if file.exists())


def inside_modules(root: Path) -> Iterator[Module]:
    """The same without the simulated outside world."""
    return (module for module in modules(root) if not module.path.startswith(OUTSIDE))


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a name or an attribute; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else f".{node.attr}"
    return ""
