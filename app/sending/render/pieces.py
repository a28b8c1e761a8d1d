"""A template cut up once, so that filling it is mostly joining strings.

Most texts are plain words with a few `{{ name }}` between them. Those are looked up directly;
an expression with filters is a small template of its own; a text with tags stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from liquid import BoundTemplate
from markupsafe import escape

from app.sending.render.liquid import LIQUID_PIECE, fill, parse

_NAME = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_WHOLE = ("{%", "{{-", "-}}")  # tags, and braces that eat the space around them

Part = tuple[str, str, BoundTemplate | None, str]  # words, name, template, its source


@dataclass(frozen=True)
class Pieces:
    """One parsed text. `is_html` escapes what is filled in."""

    source: str
    template: BoundTemplate
    parts: tuple[Part, ...] | None
    tail: str
    is_html: bool

    def fill(self, values: Mapping[str, object]) -> str:
        """The text with `values` in it. Errors: MissingVariable (all names), BadTemplate."""
        if self.parts is None:
            return fill(self.template, self.source, values)
        out: list[str] = []
        for words, name, template, source in self.parts:
            out.append(words)
            value = values.get(name) if name else None
            if type(value) is str:
                out.append(escape(value) if self.is_html else value)
            else:
                made = template or parse(source, html=self.is_html)  # a number, or nothing at all
                out.append(self._expression(made, source, values))
        out.append(self.tail)
        return "".join(out)

    def _expression(
        self, template: BoundTemplate, source: str, values: Mapping[str, object]
    ) -> str:
        try:
            return fill(template, source, values)
        except Exception:
            fill(self.template, self.source, values)  # names everything that is missing
            raise


def cut(source: str, *, html: bool = False) -> Pieces:
    """Parse and cut `source`. Errors: BadTemplate."""
    whole = parse(source, html=html)
    if any(mark in source for mark in _WHOLE):
        return Pieces(source, whole, None, "", html)
    parts: list[Part] = []
    position = 0
    for match in LIQUID_PIECE.finditer(source):
        piece = match.group(0)
        name = _NAME.fullmatch(piece)
        words = source[position : match.start()]
        made = None if name else parse(piece, html=html)
        parts.append((words, name.group(1) if name else "", made, piece))
        position = match.end()
    return Pieces(source, whole, tuple(parts), source[position:], html)
