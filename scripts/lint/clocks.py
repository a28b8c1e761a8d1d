"""One clock, app/core/clock.py, so that tests can stop it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scripts.lint.source import Finding, dotted, inside_modules

CLOCK = "app/core/clock.py"
READINGS = (
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
)


def check(root: Path) -> Iterator[Finding]:
    for module in inside_modules(root):
        if module.path == CLOCK:
            continue
        for call in module.calls():
            name = dotted(call.func)
            reads = any(name == reading or name.endswith(f".{reading}") for reading in READINGS)
            if reads and not module.gives_reason(call, "clock"):
                yield module.finding(
                    call, f"reads {name}(); use utcnow() of app.core.clock, or say why: # clock: …"
                )
