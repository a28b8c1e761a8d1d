"""Reading a step's HTML once: its links, its HTML with places for them, and its plain twin.

Works on the text as the editor stored it, Liquid still inside. What comes out is Liquid again,
with `{{ _link_0 }}` where a link goes, so that one mail costs no HTML parsing at all.
"""

from __future__ import annotations

import html as htmllib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import ClassVar
from urllib.parse import unquote

from app.sending.render.liquid import LIQUID_PIECE

_OPEN, _CLOSE = "\ue000", "\ue001"  # private use: stand for a Liquid piece while HTML is parsed
_STAND_IN = re.compile(_OPEN + r"(\d+)" + _CLOSE)
_QUOTED_BRACES = re.compile(
    r"%7B(?:%7B|%25)(?:(?!%7B(?:%7B|%25)).)*?(?:%7D|%25)%7D", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_BREAK = re.compile(r"[\r\n\t]+")
_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0]+")
UNSUBSCRIBE_NAMES = ("unsubscribe_url", "unsubscribe_link")


@dataclass(frozen=True)
class Link:
    """One `href` of the text. `url` is Liquid when `dynamic`; `trackable` is false for ours."""

    url: str
    dynamic: bool
    trackable: bool


@dataclass
class ReadHtml:
    """What one pass over the HTML found."""

    html: str
    text: str
    links: list[Link] = field(default_factory=list)

    @property
    def has_unsubscribe(self) -> bool:
        places = (self.html, *(link.url for link in self.links))
        return any(name in place for name in UNSUBSCRIBE_NAMES for place in places)


def read_html(source: str) -> ReadHtml:
    """Split `source` into an HTML template, a text template and the list of links."""
    pieces: list[str] = []

    def hide(match: re.Match[str]) -> str:
        pieces.append(_clean_liquid(match.group(0)))
        return f"{_OPEN}{len(pieces) - 1}{_CLOSE}"

    plain = _QUOTED_BRACES.sub(lambda match: unquote(match.group(0)), source)
    plain = plain.replace(_OPEN, "").replace(_CLOSE, "")
    reader = _Reader(pieces)
    reader.feed(LIQUID_PIECE.sub(hide, plain))
    reader.close()
    return ReadHtml(
        html=reader.restore("".join(reader.out)), text=reader.finished_text(), links=reader.links
    )


def _clean_liquid(piece: str) -> str:
    """Undo what editors do inside braces: tags, entities and hard spaces."""
    return htmllib.unescape(_TAG.sub("", piece)).replace("\u00a0", " ")


class _Reader(HTMLParser):
    """Rebuilds the HTML as written, except for links, and writes the plain twin beside it."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset(
        [
            "address",
            "article",
            "aside",
            "blockquote",
            "center",
            "dd",
            "div",
            "dl",
            "dt",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "li",
            "main",
            "nav",
            "ol",
            "p",
            "pre",
            "section",
            "table",
            "tr",
            "ul",
        ]
    )
    SPACED: ClassVar[frozenset[str]] = frozenset(
        ["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table", "pre"]
    )
    SILENT: ClassVar[frozenset[str]] = frozenset(["script", "style", "head", "title", "template"])

    def __init__(self, pieces: list[str]) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces = pieces
        self.out: list[str] = []
        self.links: list[Link] = []
        self._text: list[str] = []
        self._silent = 0
        self._anchor: tuple[int, int] | None = None  # link number, where its label starts
        self._lists: list[int | None] = []

    # -- HTML as written ------------------------------------------------------------------
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self._silent += 1
            return
        if tag == "a":
            self._start_anchor(dict(attrs))
        else:
            self.out.append(self.get_starttag_text() or "")
        self._start_text(tag, dict(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in {"br", "hr", "img", "input", "meta", "link", "wbr", "col"}:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._silent = max(0, self._silent - 1)
            return
        self.out.append(f"</{tag}>")
        self._end_text(tag)

    def handle_data(self, data: str) -> None:
        if not (self._silent and self.lasttag == "script"):
            self.out.append(data)
        self._write(data)

    def handle_entityref(self, name: str) -> None:
        self.out.append(f"&{name};")
        self._write(htmllib.unescape(f"&{name};"), entity=True)

    def handle_charref(self, name: str) -> None:
        self.out.append(f"&#{name};")
        self._write(htmllib.unescape(f"&#{name};"), entity=True)

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")

    def _start_anchor(self, attrs: dict[str, str | None]) -> None:
        # Browsers drop line breaks and tabs from addresses too; in a redirect they would fail.
        link = self._link(_BREAK.sub("", attrs.get("href") or "").strip())
        others = "".join(
            f' {name}="{htmllib.escape(value or "", quote=True)}"'
            for name, value in attrs.items()
            if name not in {"href", "ping"} and not name.startswith("on")
        )
        if link is None:
            self.out.append(f"<a{others}>")
            return
        self.out.append(f'<a href="{{{{ _link_{len(self.links)} }}}}"{others}>')
        self._anchor = (len(self.links), len(self._text))
        self.links.append(link)

    def _link(self, href: str) -> Link | None:
        url = self.restore(href)
        dynamic = url != href
        if dynamic:
            ours = any(name in url for name in UNSUBSCRIBE_NAMES)
            return Link(url, dynamic=True, trackable=not ours)
        scheme = url.split(":", 1)[0].lower() if ":" in url else ""
        if scheme in {"http", "https"}:
            return Link(url, dynamic=False, trackable=True)
        return Link(url, dynamic=False, trackable=False) if scheme in {"mailto", "tel"} else None

    # -- the plain twin ------------------------------------------------------------------
    def _start_text(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag in self.SILENT:
            self._silent += 1
        elif tag == "br":
            self._text.append("\n")
        elif tag == "hr":
            self._text.append("\f---\f")
        elif tag == "img" and attrs.get("alt"):
            self._write(str(attrs["alt"]))
        elif tag in {"td", "th"}:
            self._text.append("\t")
        elif tag in {"ul", "ol"}:
            self._lists.append(0 if tag == "ol" else None)
            self._text.append("\f")
        elif tag == "li":
            self._text.append("\v" + self._bullet())
        elif tag in self.BLOCKS:
            self._text.append("\f" if tag in self.SPACED else "\v")

    def _bullet(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1]}. "

    def _end_text(self, tag: str) -> None:
        if tag in self.SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "a":
            self._end_anchor()
        elif tag in self.BLOCKS:
            if tag in {"ul", "ol"} and self._lists:
                self._lists.pop()
            self._text.append("\f" if tag in self.SPACED else "\v")

    def _end_anchor(self) -> None:
        if self._anchor is None:
            return
        number, start = self._anchor
        self._anchor = None
        label = _SPACE.sub(" ", "".join(self._text[start:])).strip()
        url = self.links[number].url
        place = f"{{{{ _link_{number} }}}}"
        same = {url, url.rstrip("/"), url.removeprefix("mailto:"), url.removeprefix("tel:")}
        if not label or self.restore(label) in same or label == url.split("://", 1)[-1].rstrip("/"):
            self._text[start:] = [place]
        else:
            self._text.append(f" ({place})")

    def _write(self, data: str, *, entity: bool = False) -> None:
        if self._silent:
            return
        if entity and data in "{}%":
            data = "{{ '" + data + "' }}"  # a brace written as an entity is text, not Liquid
        self._text.append(data if entity and data != "\u00a0" else _SPACE.sub(" ", data))

    def restore(self, text: str) -> str:
        """Put the Liquid pieces back."""
        return _STAND_IN.sub(lambda match: self.pieces[int(match.group(1))], text)

    def finished_text(self) -> str:
        """The lines joined; see `_line_ends` for the marks."""
        text = re.sub(r"[ \t]*([\v\f\n]+)[ \t]*", r"\1", "".join(self._text))
        text = re.sub(r"[\v\f\n]+", _line_ends, text)
        return self.restore(text.strip("\n \t") + "\n")


def _line_ends(match: re.Match[str]) -> str:
    r"""`\v` ends a line, `\f` wants a blank line, `\n` is a `<br>`, unseen at the end of a block."""
    run = match.group(0)
    block = re.search(r"[\v\f]", run)
    if block is None:
        return run
    breaks = run.count("\n") - (1 if run.startswith("\n") else 0)
    return "\n" * max(1 + breaks, 2 if "\f" in run else 1)


def text_of(html: str) -> str:
    """The plain twin of finished HTML, in which braces are only braces."""
    found = read_html(html)
    text = re.sub(
        r"\{\{ _link_(\d+) \}\}", lambda match: found.links[int(match.group(1))].url, found.text
    )
    return re.sub(r"\{\{ '([{}%])' \}\}", r"\1", text)
