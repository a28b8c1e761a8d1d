"""Reading across workspaces is an exception that says why, in words and on the spot."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from scripts.lint.source import Finding, dotted, modules

SHORTEST_REASON = 8


def check(root: Path) -> Iterator[Finding]:
    for module in modules(root):
        for call in module.calls():
            name = dotted(call.func)
            if (name == "unscoped" or name.endswith(".unscoped")) and not has_reason(call):
                yield module.finding(call, 'unscoped() without a reason: unscoped("why")')


def has_reason(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    return (
        isinstance(first, ast.Constant)
        and isinstance(first.value, str)
        and len(first.value.strip()) >= SHORTEST_REASON
    )
