"""Plain text as HTML: escaped first, then addresses made into links. Linear, pure."""

import re

from markupsafe import Markup, escape

from app.mailhub.quoted import split_quoted

MAX_TEXT = 200_000
# Runs of characters that can stand in an address; the trailing punctuation is given back.
_LINK = re.compile(r"\bhttps?://[^\s<>\"'`{}|\\^\x00-\x1f]{1,2000}", re.I)
_TRAILING = ".,;:!?)]}>*_"


def linkify(text: str) -> Markup:
    """Escaped text with http(s) addresses as links. No other scheme, no guessing."""
    out, position = [], 0
    for match in _LINK.finditer(text):
        url = _without_trailing(match[0])
        out.append(escape(text[position : match.start()]))
        out.append(
            Markup(
                '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>'
            ).format(url)
        )
        position = match.start() + len(url)
    out.append(escape(text[position:]))
    return Markup("").join(out)


def _without_trailing(url: str) -> str:
    while url and url[-1] in _TRAILING:
        if url[-1] == ")" and url.count("(") >= url.count(")"):
            break
        url = url[:-1]
    return url


def text_to_html(text: str) -> tuple[Markup, Markup]:
    """(own words, quoted history), each linkified; line ends are kept by the style sheet."""
    own, quoted = split_quoted(text[:MAX_TEXT])
    return linkify(own), linkify(quoted)
