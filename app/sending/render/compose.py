"""One mail: a parsed text, one lead's values and an envelope become bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from urllib.parse import quote

from app.core.signing import sign_ids
from app.sending.render import mime
from app.sending.render.html import UNSUBSCRIBE_NAMES
from app.sending.render.liquid import (
    LIQUID_PIECE,
    EmptyText,
    MissingVariable,
    fill,
    parse,
    present,
)
from app.sending.render.texts import MailText

_URL_SAFE = "!#$%&'()*+,/:;=?@[]~-._"
_FOOTER_HTML = (
    '<div><br>If you would rather not hear from me, <a href="{}">unsubscribe here</a>.</div>'
)
_FOOTER_TEXT = "\nIf you would rather not hear from me, unsubscribe here: {}\n"


@dataclass(frozen=True)
class Envelope:
    """Who writes to whom, in which conversation, and what is to be measured."""

    outbox_id: int
    message_id: str  # without angle brackets
    from_email: str
    to_email: str
    at: datetime
    base_url: str = ""
    from_name: str = ""
    to_name: str = ""
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    in_reply_to: str = ""
    references: Sequence[str] = ()
    subject: str = ""  # already final: wins over the text's own
    track_opens: bool = False
    track_clicks: bool = False
    unsubscribe: str = ""  # "" | header | link
    extra_headers: Sequence[tuple[str, str]] = field(default=())

    @property
    def recipients(self) -> list[str]:
        """Everyone the server is told about, in wire form."""
        everyone = (self.to_email, *self.cc, *self.bcc)
        return list(dict.fromkeys(mime.ascii_address(address) for address in everyone))

    @cached_property
    def unsubscribe_url(self) -> str:
        """Where this mail's recipient unsubscribes; stands in its text and in its header."""
        return LinkSigner(self.base_url, self.outbox_id).unsubscribe()


@dataclass(frozen=True)
class Composed:
    """A finished mail and what there is to remember of it."""

    raw: bytes
    subject: str


class LinkSigner:
    """Public URLs of one mail. Their tokens name the outbox row, never a target."""

    def __init__(self, base_url: str, outbox_id: int) -> None:
        self.base_url = base_url.rstrip("/")
        self.outbox_id = outbox_id

    def open_pixel(self) -> str:
        return f"{self.base_url}/t/o/{sign_ids('open', self.outbox_id)}.gif"

    def click(self, link_id: int) -> str:
        return f"{self.base_url}/t/c/{sign_ids('click', self.outbox_id, link_id)}"

    def unsubscribe(self) -> str:
        return f"{self.base_url}/u/{sign_ids('unsubscribe', self.outbox_id)}"


def values_for(envelope: Envelope, variables: Mapping[str, object]) -> dict[str, object]:
    """What the text may print: the lead's values, the sender's, and the unsubscribe address."""
    values = present(variables)
    values.setdefault("sender_name", envelope.from_name or envelope.from_email)
    values.setdefault("sender_email", envelope.from_email)
    return values | dict.fromkeys(UNSUBSCRIBE_NAMES, envelope.unsubscribe_url)


def targets(text: MailText, values: Mapping[str, object]) -> list[str]:
    """Where each link of the text leads for this lead. Errors: MissingVariable."""
    with _naming_all(text, values):
        return [_personal(link.url, values) if link.dynamic else link.url for link in text.links]


@contextmanager
def _naming_all(text: MailText, values: Mapping[str, object]) -> Iterator[None]:
    """One variable is missing: name all that are, wherever they stand."""
    try:
        yield
    except MissingVariable as error:
        raise MissingVariable(text.missing(values) or error.names) from None


def compose(
    text: MailText,
    envelope: Envelope,
    values: Mapping[str, object],
    urls: Sequence[str],
    link_ids: Mapping[str, int],
) -> Composed:
    """Fill the text and build the mail.

    `link_ids` names the stored link of each target; a target that is not in it is written as it
    is. Errors: MissingVariable, EmptyText, BadTemplate, HeaderInjection, ValueError (an impossible
    address).
    """
    signer = LinkSigner(envelope.base_url, envelope.outbox_id)
    filled = dict(values)
    for number, (link, url) in enumerate(zip(text.links, urls, strict=True)):
        tracked = envelope.track_clicks and link.trackable and url in link_ids
        filled[f"_link_{number}"] = signer.click(link_ids[url]) if tracked else url or "#"
    with _naming_all(text, values):
        subject = envelope.subject or one_line(text.subject.fill(filled))
        html = text.html.fill(filled)
        plain = text.text.fill(filled)
    _refuse_empty(subject, says_nothing=text.says_nothing(html, plain))
    if envelope.unsubscribe == "link" and not text.has_unsubscribe:
        html += _FOOTER_HTML.format(filled["unsubscribe_url"])
        plain += _FOOTER_TEXT.format(filled["unsubscribe_url"])
    if envelope.track_opens:
        html += f'<img src="{signer.open_pixel()}" width="1" height="1" alt="">'
    return Composed(assemble(envelope, subject, html, plain), subject)


def _refuse_empty(subject: str, *, says_nothing: bool) -> None:
    if says_nothing:
        raise EmptyText("The text comes out empty")
    if not subject:
        raise EmptyText("The subject comes out empty")


def compose_finished(envelope: Envelope, subject: str, html: str, plain: str) -> Composed:
    """A mail whose text is final already: a manual reply, a test. No Liquid, no tracking."""
    subject = one_line(subject)
    return Composed(assemble(envelope, subject, html, plain), subject)


def assemble(envelope: Envelope, subject: str, html: str, plain: str) -> bytes:
    """Headers and parts as bytes. Errors: HeaderInjection, ValueError."""
    headers = mime.header_block(_headers(envelope, subject))
    if not html:
        return mime.plain(headers, plain)
    if "<body" not in html:
        html = f"<html><body>{html}</body></html>\n"
    boundary = "=_" + envelope.message_id.partition("@")[0].replace(".", "")[:56]
    return mime.alternative(headers, plain, html, boundary)


def one_line(value: str) -> str:
    """A header text without line breaks: what stood on several lines stands on one."""
    return " ".join(value.split())


def _headers(envelope: Envelope, subject: str) -> list[tuple[str, str]]:
    headers = [
        ("From", mime.mailbox(envelope.from_email, envelope.from_name)),
        ("To", mime.mailbox(envelope.to_email, envelope.to_name)),
        ("Cc", ",\r\n ".join(mime.mailbox(address) for address in envelope.cc)),
        ("Subject", mime.unstructured(subject)),
        ("Date", mime.date_header(envelope.at)),
        ("Message-ID", mime.message_ids([f"<{envelope.message_id}>"])),
    ]
    if envelope.in_reply_to:
        headers.append(("In-Reply-To", mime.message_ids([bracketed(envelope.in_reply_to)])))
    if envelope.references:
        kept = [*envelope.references[:1], *envelope.references[1:][-20:]]
        headers.append(("References", mime.message_ids(bracketed(value) for value in kept)))
    if envelope.unsubscribe:
        headers.append(("List-Unsubscribe", f"<{envelope.unsubscribe_url}>"))
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    headers.extend((name, mime.unstructured(value)) for name, value in envelope.extra_headers)
    return headers


def bracketed(message_id: str) -> str:
    """A Message-ID in angle brackets, however it was stored."""
    return f"<{message_id.strip().strip('<>')}>"


def _personal(source: str, values: Mapping[str, object]) -> str:
    """A target with a lead's values in it, each escaped for the place where it stands.

    A value that is the whole address is taken as an address; one inside it cannot leave its
    place. Anything but http, https, mailto and tel comes out empty.
    """
    if "{%" in source or LIQUID_PIECE.match(source):
        url = fill(parse(source), source, values).strip()
        if "://" not in url and not url.lower().startswith(("mailto:", "tel:")) and "." in url:
            url = "https://" + url  # a website written as example.com
    else:
        url = LIQUID_PIECE.sub(lambda match: _quoted(match.group(0), values), source)
    url = quote("".join(url.split()), safe=_URL_SAFE)
    return url if url.lower().startswith(("http://", "https://", "mailto:", "tel:")) else ""


def _quoted(piece: str, values: Mapping[str, object]) -> str:
    return quote(fill(parse(piece), piece, values), safe="")
