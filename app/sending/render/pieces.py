"""A template cut up once, so that filling it is mostly joining strings.

Most texts are plain words with a few `{{ name }}` or `{{ name | default: "there" }}` between
them. Those are looked up directly; any other expression is a small template of its own; a text with
tags stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from liquid import BoundTemplate
from markupsafe import escape

from app.sending.render.liquid import LIQUID_PIECE, fill, parse

_NAME = re.compile(r"""\{\{\s*([A-Za-z_]\w*)\s*(\|\s*default\s*:\s*(?:"[^"]*"|'[^']*')\s*)?\}\}""")
_WHOLE = ("{%", "{{-", "-}}")  # tags, and braces that eat the space around them


@dataclass(frozen=True)
class Part:
    """Words and the expression after them.

    `name` is set when the expression prints that value as it is; `fallback` is what it prints
    without one. Everything else is up to `template`.
    """

    words: str
    name: str
    fallback: str | None
    template: BoundTemplate
    source: str


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
        for part in self.parts:
            out.append(part.words)
            value = values.get(part.name) if part.name else None
            if type(value) is str:
                out.append(escape(value) if self.is_html else value)
            elif value is None and part.fallback is not None:
                out.append(part.fallback)
            else:
                out.append(self._expression(part, values))
        out.append(self.tail)
        return "".join(out)

    def _expression(self, part: Part, values: Mapping[str, object]) -> str:
        try:
            return fill(part.template, part.source, values)
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
        parts.append(_part(source[position : match.start()], match.group(0), html=html))
        position = match.end()
    return Pieces(source, whole, tuple(parts), source[position:], html)


def _part(words: str, piece: str, *, html: bool) -> Part:
    template = parse(piece, html=html)
    name = _NAME.fullmatch(piece)
    if name is None:
        return Part(words, "", None, template, piece)
    fallback = fill(template, piece, {}) if name.group(2) else None
    return Part(words, name.group(1), fallback, template, piece)
