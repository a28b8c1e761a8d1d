"""A step's text, parsed once and kept while it stays as it is.

`compiled(key, …)` is asked with `(step id, updated_at)`: an edited step has a new key, so a
running sequence follows its new text and nothing has to be told.
"""

from __future__ import annotations

import html as htmllib
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import overload

from app.sending.render.html import Link, read_html, text_of
from app.sending.render.liquid import missing_names
from app.sending.render.pieces import Pieces, cut

_SIGNATURE = '<div class="signature"><br>-- <br></div>'  # what stands above it
_KEPT = 500
_cache: OrderedDict[Hashable, MailText] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True)
class MailText:
    """A text ready to be filled for any lead."""

    subject: Pieces
    html: Pieces
    text: Pieces
    links: tuple[Link, ...]
    has_unsubscribe: bool
    has_signature: bool

    def missing(self, values: Mapping[str, object]) -> tuple[str, ...]:
        """Every variable the text and its subject would print without a value or a fallback."""
        sources = (self.subject.source, self.html.source, *(link.url for link in self.links))
        given = {f"_link_{number}": "#" for number in range(len(self.links))} | dict(values)
        return tuple(dict.fromkeys(n for source in sources for n in missing_names(source, given)))

    def says_nothing(self, html: str, plain: str) -> bool:
        """Whether the filled text holds no word and no picture before the signature."""
        if not self.has_signature:
            return not plain.strip() and "<img" not in html
        if f"\n{plain}".partition("\n--\n")[0].strip():  # all but the rarest mails
            return False
        body = html.rpartition(_SIGNATURE)[0]
        return not text_of(body).strip() and "<img" not in body

    @property
    def static_urls(self) -> tuple[str, ...]:
        """Targets known before any lead is: stored once per text."""
        return tuple(link.url for link in self.links if link.trackable and not link.dynamic)


@overload
def compiled(key: Hashable, signature_html: str) -> MailText | None: ...
@overload
def compiled(key: Hashable, signature_html: str, subject: str, body_html: str) -> MailText: ...
def compiled(
    key: Hashable, signature_html: str = "", subject: str | None = None, body_html: str = ""
) -> MailText | None:
    """The parsed text for `key`; parsed now when it is given and not known. Errors: BadTemplate."""
    full = (key, signature_html)
    with _lock:
        found = _cache.get(full)
        if found is not None:
            _cache.move_to_end(full)
            return found
    if subject is None:
        return None
    made = read(subject, body_html, signature_html)
    with _lock:
        _cache[full] = made
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return made


def read(subject: str, body_html: str, signature_html: str = "") -> MailText:
    """Parse a text now. Errors: BadTemplate."""
    body = body_html if "<" in body_html else _paragraphs(body_html)
    has_signature = bool(signature_html.strip())
    if has_signature:
        body += _SIGNATURE + signature_html
    found = read_html(body)
    subject = " ".join(htmllib.unescape(subject).split())
    return MailText(
        subject=cut(subject),
        html=cut(found.html, html=True),
        text=cut(found.text),
        links=tuple(found.links),
        has_unsubscribe=found.has_unsubscribe,
        has_signature=has_signature,
    )


def _paragraphs(text: str) -> str:
    """A body typed without any markup, as HTML that keeps its lines."""
    return "<div>" + text.replace("\r\n", "\n").replace("\n", "<br>") + "</div>"
