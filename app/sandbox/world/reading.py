"""What a person sees in a mail: names, text, picture and link addresses. Pure."""

import email
import email.policy
import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser
from urllib.parse import urlsplit

OPT_OUT = re.compile(r"unsubscri|opt[ -]?out|abmeld|d[ée]sinscri|darse de baja", re.IGNORECASE)
MAX_SHOWN = 200_000


@dataclass(frozen=True)
class Mail:
    """A received mail as its reader understands it."""

    message_id: str
    references: tuple[str, ...]
    in_reply_to: str
    subject: str
    from_name: str
    from_address: str
    answer_to: str
    names: dict[str, str]
    date: str
    text: str
    html: str
    images: tuple[str, ...]
    links: tuple[str, ...]
    one_click_url: str
    automatic: bool

    @property
    def root(self) -> str:
        """The Message-ID that began the conversation."""
        return (*self.references, self.in_reply_to, self.message_id)[0] or self.message_id


def read_mail(raw: bytes) -> Mail:
    """Parse a mail; damaged parts read as empty."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    html = _body(message, "html")
    page = _Page()
    page.feed(html[:MAX_SHOWN])
    name, address = parseaddr(_header(message, "From"))
    _, answer_to = parseaddr(_header(message, "Reply-To"))
    return Mail(
        message_id=_header(message, "Message-ID").strip(),
        references=tuple(re.findall(r"<[^<>\s]+>", _header(message, "References"))),
        in_reply_to=_header(message, "In-Reply-To").strip(),
        subject=_header(message, "Subject"),
        from_name=name,
        from_address=address.lower(),
        answer_to=(answer_to or address).lower(),
        names={found.lower(): shown for shown, found in _recipients(message) if found},
        date=_header(message, "Date"),
        text=_body(message, "plain") or page.text(),
        html=html,
        images=tuple(page.images),
        links=tuple(page.links),
        one_click_url=_one_click(message),
        automatic=_automatic(message),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name) or "").split())
    except (ValueError, IndexError, AttributeError):  # malformed structured headers
        return ""


def _recipients(message: EmailMessage) -> list[tuple[str, str]]:
    return getaddresses([_header(message, "To"), _header(message, "Cc")])


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return "\n".join(str(part.get_content()).splitlines())
    except (LookupError, ValueError, KeyError):
        return ""


def _one_click(message: EmailMessage) -> str:
    """The URL for a one-click unsubscribe (RFC 8058), empty when it is not offered."""
    post = _header(message, "List-Unsubscribe-Post").lower()
    urls = re.findall(r"<(https?://[^<>\s]+)>", _header(message, "List-Unsubscribe"))
    return urls[0] if urls and "list-unsubscribe=one-click" in post else ""


def _automatic(message: EmailMessage) -> bool:
    submitted = _header(message, "Auto-Submitted").lower()
    return submitted not in ("", "no") or "mailer-daemon@" in _header(message, "From").lower()


@dataclass
class _Page(HTMLParser):
    """Collects what can be seen and clicked; a link that cannot be seen is not clicked."""

    images: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)
    _href: str = ""
    _label: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "img" and given.get("src"):
            self.images.append(given["src"])
        elif tag == "a" and given.get("href") and not _hidden(given.get("style", "")):
            self._href, self._label = given["href"], []
        elif tag in ("br", "p", "div", "li", "tr"):
            self._words.append("\n")

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        self._label.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href:
            label = "".join(self._label).strip()
            if label and not OPT_OUT.search(label) and not OPT_OUT.search(self._href):
                self.links.append(self._href)
            self._href = ""

    def text(self) -> str:
        lines = (" ".join(line.split()) for line in "".join(self._words).splitlines())
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _hidden(style: str) -> bool:
    compact = style.replace(" ", "").lower()
    return "display:none" in compact or "visibility:hidden" in compact


def same_site(url: str, sites: frozenset[str]) -> bool:
    """Whether an address belongs to one of the sites (`scheme://host:port`)."""
    return site_of(url) in sites


def site_of(url: str) -> str:
    """`scheme://host:port` of an address, empty when it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"
