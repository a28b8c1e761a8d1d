"""One request or job step is one transaction: only app/core/transactions.py commits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scripts.lint.source import Finding, dotted, inside_modules

ALLOWED = "app/core/transactions.py"


def check(root: Path) -> Iterator[Finding]:
    for module in inside_modules(root):
        for call in module.calls():
            if module.path != ALLOWED and dotted(call.func).endswith(".commit"):
                yield module.finding(call, "commits; use unit_of_work() or leave it to the request")
