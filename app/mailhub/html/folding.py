"""Fold the quoted history of a sanitised HTML body into <details>. Pure; needs no script.

Works on the serialised output of the sanitiser only: well formed, attributes in double quotes.
"""

import re

_TAG = re.compile(r'<(/?)([a-z0-9]+)((?:\s+[a-z-]+="[^"]*")*)\s*>')
_VOID = {"br", "hr", "img", "col", "wbr"}
_ELEMENT = re.compile(
    r'class="[^"]*\b(?:gmail_quote|protonmail_quote|yahoo_quoted)|\btype="cite"', re.I
)
# From these on, everything up to the end of the mail is history.
_REST = re.compile(
    r'\bid="(?:appendonsend|divRplyFwdMsg|mail-editor-reference-message-container)"|'
    r'class="[^"]*\bmoz-cite-prefix|border-top:\s*solid #(?:E1E1E1|B5C4DF) 1(?:\.0)?pt',
    re.I,
)
_FORWARD = re.compile(r"forwarded message|weitergeleitete nachricht|message transféré", re.I)
_OPEN = '<details class="quoted"><summary title="Show quoted text">•••</summary>'
_CLOSE = "</details>"


def fold_quoted(clean: str) -> str:
    """The body with its trailing history folded; unchanged when it is none, or interleaved."""
    tags = list(_TAG.finditer(clean))
    for index, tag in enumerate(tags):
        if tag[1] or not (_ELEMENT.search(tag[3]) or _REST.search(tag[3])):
            continue
        if not _has_content(clean[: tag.start()]):
            return clean
        end = _end_of_element(tags, index)
        start = tag.start()
        if _REST.search(tag[3]):
            outer = _with_wrapper(tags, index, clean)
            start, end = tags[outer].start(), _end_of_parent(tags, outer, len(clean))
        if end is None or _FORWARD.search(clean[start : start + 600]):
            return clean
        if _has_words(clean[end:]):
            return clean  # somebody wrote below or between the quotes
        return clean[:start] + _OPEN + clean[start:end] + _CLOSE + clean[end:]
    return clean


def _with_wrapper(tags: list[re.Match[str]], index: int, clean: str) -> int:
    """Outlook puts the line above its history into a div of its own; the history follows that."""
    before = tags[index - 1] if index else None
    if before is None or before[1] or before[2] != "div":
        return index
    return index if clean[before.end() : tags[index].start()].strip() else index - 1


def _end_of_element(tags: list[re.Match[str]], index: int) -> int | None:
    depth = 0
    for tag in tags[index:]:
        if tag[2] in _VOID:
            continue
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.end()
    return None


def _end_of_parent(tags: list[re.Match[str]], index: int, length: int) -> int:
    depth = 0
    for tag in tags[index:]:
        if tag[2] in _VOID:
            continue
        depth += -1 if tag[1] else 1
        if depth < 0:
            return tag.start()
    return length


def _has_content(markup: str) -> bool:
    return _has_words(markup) or "<img" in markup


def _has_words(markup: str) -> bool:
    text = _TAG.sub("", markup).replace("&nbsp;", " ")
    return bool(text.strip())
