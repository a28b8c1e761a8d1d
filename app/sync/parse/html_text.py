"""The text of an HTML body: for search, for classification and for mail without a text part."""

import html
import re

import nh3

from app.mailhub.html.depth import bare_text, is_too_deep

_KEPT = {
    "p", "div", "br", "tr", "td", "th", "table", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5",
    "h6", "blockquote", "a", "hr", "pre", "center", "section", "article", "header", "footer",
}  # fmt: skip
_DROPPED_WITH_CONTENT = {"script", "style", "title", "head", "noscript", "template", "svg", "math"}
_CLEANER = nh3.Cleaner(
    tags=_KEPT,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes={"div": {"class", "id"}, "blockquote": {"class", "type"}},
    link_rel=None,
)
# Where mail programs start the history; cut there before the tags are gone.
QUOTE_STARTS = re.compile(
    r"<blockquote[^>]{0,300}type=\"cite\"|<div[^>]{0,300}(?:class=\"[^\"]{0,200}(?:gmail_quote|"
    r"protonmail_quote|yahoo_quoted|moz-cite-prefix)|id=\"(?:appendonsend|divRplyFwdMsg|"
    r"mail-editor-reference-message-container))",
    re.I,
)
_TAG = re.compile(r"<(/?)([a-z0-9]{1,12})[^<>]*>", re.I)
_BREAKS = {"br", "tr", "li", "hr"}
_BLOCKS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "ul", "ol", "pre"}
MAX_HTML = 2_000_000


def html_to_text(source: str) -> str:
    """Readable text of a body, paragraphs kept."""
    source = source[:MAX_HTML]
    return _strip(bare_text(source) if is_too_deep(source) else _CLEANER.clean(source))


def html_reply_text(source: str) -> str | None:
    """Text above the first sign of history; None when there is no sign or nothing above it."""
    source = source[:MAX_HTML]
    if is_too_deep(source):
        return None
    clean = _CLEANER.clean(source)
    start = QUOTE_STARTS.search(clean)
    if start is None:
        return None
    return _strip(clean[: start.start()]) or None


def _strip(clean: str) -> str:
    clean = re.sub(r"\s+", " ", clean)
    text = html.unescape(_TAG.sub(_as_break, clean)).replace("\xa0", " ")
    lines = [line.strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _as_break(tag: re.Match[str]) -> str:
    closing, name = tag[1], tag[2].lower()
    if name in _BLOCKS:
        return "\n\n" if closing or name in {"blockquote", "table"} else "\n"
    if name in _BREAKS:
        return "" if closing else "\n"
    if name in {"div", "center", "section", "article", "header", "footer"}:
        return "\n"
    return " " if name in {"td", "th"} else ""
