"""Refuse markup nested so deep that parsing it takes minutes. Linear in the text."""

import re

MAX_DEPTH = 400
MAX_FORMATTING = 1_000
MAX_REFERENCES = 100_000  # each "&" makes the parser copy the text before it
# Elements that HTML does not close by itself; unclosed, they pile up.
_TAG = re.compile(r"<(/?)([a-z][a-z0-9-]{0,20})", re.I)
_SELF_CLOSING = {
    "br", "hr", "img", "col", "wbr", "p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dd",
    "dt", "meta", "link", "input", "base", "source", "area", "html", "head", "body", "colgroup",
    "caption",
}  # fmt: skip
# Reopened by the parser in every paragraph that follows, each time all that are still open.
_FORMATTING = {
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
}  # fmt: skip


def is_too_deep(source: str) -> bool:
    """Whether more than a sane number of elements would be open at once, or of "&" be read."""
    if source.count("&") > MAX_REFERENCES:
        return True
    depth = formatting = 0
    for tag in _TAG.finditer(source):
        name, step = tag[2].lower(), -1 if tag[1] else 1
        if name in _FORMATTING:
            formatting = max(0, formatting + step)
        elif name not in _SELF_CLOSING:
            depth = max(0, depth + step)
        if depth > MAX_DEPTH or formatting > MAX_FORMATTING:
            return True
    return False


def bare_text(source: str) -> str:
    """The text without tags, for markup that is not worth parsing."""
    return re.sub(r"<[^<>]{0,2000}>", " ", source)
