"""`parse_mail`: one raw mail to the values the rest of the room works with."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message

from app.mailhub import mime, mime_headers
from app.mailhub.charsets import clean_text
from app.mailhub.mime_headers import Address
from app.mailhub.quoted import reply_text
from app.sync.parse.bodies import Bodies, read_bodies
from app.sync.parse.html_text import html_reply_text, html_to_text

PARSER_VERSION = 1
MAX_TEXT = 500_000
MAX_HTML = 2_000_000
SNIPPET = 200
# What classification and matching look at; kept as decoded text.
KEPT_HEADERS = (
    "auto-submitted", "precedence", "x-autoreply", "x-autorespond", "x-autoresponder",
    "x-auto-response-suppress", "x-ms-exchange-inbox-rules-loop", "list-id", "list-unsubscribe",
    "list-post", "return-path", "content-type", "x-failed-recipients", "delivered-to",
    "x-original-to", "feedback-id", "x-original-from", "x-ms-exchange-generated-message-source",
    "x-mailer", "x-spam-flag", "date",
)  # fmt: skip


@dataclass(frozen=True)
class Attachment:
    """One part a person may download; its bytes stay in the raw mail, found by `path`."""

    path: str
    name: str
    type: str
    size: int
    cid: str | None
    is_inline: bool


@dataclass(frozen=True)
class ParsedMail:
    """What one mail says. `unreadable` names the limit that kept its body from being read."""

    message_id: str
    in_reply_to: list[str]
    references: list[str]
    from_: Address
    reply_to: list[Address]
    sender: Address | None
    to: list[Address]
    cc: list[Address]
    bcc: list[Address]
    subject: str
    sent_at: datetime
    text: str
    html: str | None
    reply: str
    snippet: str
    size: int
    attachments: list[Attachment] = field(default_factory=list)
    headers: dict[str, list[str]] = field(default_factory=dict)
    calendar_method: str | None = None
    reports: list[tuple[str, bytes]] = field(default_factory=list)
    unreadable: str | None = None

    @property
    def related_ids(self) -> list[str]:
        """Every id this mail answers to, nearest last."""
        return list(dict.fromkeys([*self.references, *self.in_reply_to]))


def parse_mail(raw: bytes, *, received_at: datetime) -> ParsedMail:
    """Read a mail. Never raises: what is beyond the limits comes back with `unreadable` set."""
    try:
        message = mime.read_message(raw)
        bodies, unreadable = read_bodies(message), None
    except (mime.TooBroken, RecursionError) as error:
        message = mime.read_headers(raw)
        bodies = Bodies()
        unreadable = str(error.args[0]) if isinstance(error, mime.TooBroken) else "it is too deep"
    return _assemble(message, bodies, raw, received_at, unreadable)


def _assemble(
    message: Message, bodies: Bodies, raw: bytes, received_at: datetime, unreadable: str | None
) -> ParsedMail:
    text = bodies.text or (html_to_text(bodies.html) if bodies.html else "")
    reply = _reply(bodies, text)
    senders = mime_headers.addresses(message, "sender")
    return ParsedMail(
        message_id=_own_id(message, raw),
        in_reply_to=mime_headers.message_ids(message, "in-reply-to")[:20],
        references=_capped(mime_headers.message_ids(message, "references")),
        from_=_author(message, senders),
        reply_to=mime_headers.addresses(message, "reply-to"),
        sender=senders[0] if senders else None,
        to=mime_headers.addresses(message, "to"),
        cc=mime_headers.addresses(message, "cc"),
        bcc=mime_headers.addresses(message, "bcc"),
        subject=mime_headers.header_text(message, "subject")[:998],
        sent_at=mime_headers.sent_date(message, received_at),
        text=clean_text(text[:MAX_TEXT]),
        html=clean_text(bodies.html[:MAX_HTML]) if bodies.html else None,
        reply=clean_text(reply[:MAX_TEXT]),
        snippet=snippet_of(reply or text),
        size=len(raw),
        attachments=[Attachment(**found) for found in bodies.attachments],
        headers=_kept_headers(message),
        calendar_method=bodies.calendar_method,
        reports=bodies.reports,
        unreadable=unreadable,
    )


def _reply(bodies: Bodies, text: str) -> str:
    from_html = html_reply_text(bodies.html) if bodies.html else None
    return reply_text(text) if bodies.text or not from_html else from_html


def snippet_of(text: str) -> str:
    """First words on one line, for the list."""
    line = re.sub(r"\s+", " ", text[:2_000]).strip()
    line = re.sub(r" ?\(https?://[^\s()]+\)", "", line)  # targets of links, behind their words
    line = re.sub(r"(?:[=*_#-] ?){5,}", "", line)
    return line if len(line) <= SNIPPET else line[:SNIPPET].rstrip() + "…"


def _own_id(message: Message, raw: bytes) -> str:
    """The Message-ID, or one made of what does not change when the mail is seen elsewhere."""
    ids = mime_headers.message_ids(message, "message-id")
    if ids:
        return ids[0]
    seen = [mime_headers.header_text(message, name) for name in ("from", "to", "date", "subject")]
    digest = hashlib.sha256("\0".join(seen).encode() + raw[mime.header_length(raw) :]).hexdigest()
    return f"{digest[:40]}@missing.invalid"


def _capped(ids: list[str]) -> list[str]:
    """The root and the nearest: a forged or runaway list must not cost thousands of rows."""
    return ids if len(ids) <= 50 else [ids[0], *ids[-49:]]


def _author(message: Message, senders: list[Address]) -> Address:
    found = mime_headers.addresses(message, "from") or senders
    return found[0] if found else Address(mime_headers.header_text(message, "from")[:300], "")


def _kept_headers(message: Message) -> dict[str, list[str]]:
    kept = {}
    for name in KEPT_HEADERS:
        values = [
            mime_headers.decode_header_text(v[:2_000])
            for v in mime_headers.raw_values(message, name)
        ]
        if values:
            kept[name] = values[:5]
    return kept
