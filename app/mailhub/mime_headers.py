"""Header texts, addresses, message ids and dates, as real mail writes them. Pure; never raises."""

import base64
import binascii
import quopri
import re
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import NamedTuple

from app.mailhub.charsets import clean_text, decode_bytes

_MAX_VALUE = 64 * 1024
_MAX_ADDRESSES = 500
# Bounded on purpose: unbounded, a header of openings without an end costs quadratic time.
_ENCODED = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?(.{0,1500}?)\?=")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,990})>")
# Begins where a word begins: tried at every letter, a long word costs four hundred times as much.
_LOOSE_ID = re.compile(r"(?<![^\s<>,;])[^\s<>,;@]{1,400}@[^\s<>,;]{1,400}")


class Address(NamedTuple):
    """A display name (may be empty) and an address in lower case."""

    name: str
    email: str


def raw_values(message: Message, name: str) -> list[str]:
    """Every value of a header as it stands, unfolded, at most 64 kB each."""
    wanted = name.lower()
    found = (str(value) for key, value in message.raw_items() if key.lower() == wanted)
    return [re.sub(r"\r?\n(?=[ \t])|[\r\n]", "", value[:_MAX_VALUE]) for value in found]


def header_text(message: Message, name: str) -> str:
    """First value of a header, decoded; empty when there is none."""
    values = raw_values(message, name)
    return decode_header_text(values[0]) if values else ""


def decode_header_text(value: str) -> str:
    """Encoded words and raw bytes turned into one line of text."""
    out: list[str] = []
    pending, charset, position = b"", "", 0
    for match in _ENCODED.finditer(value):
        between = value[position : match.start()]
        word_charset, data = match[1].lower().split("*")[0], _word_bytes(match[2], match[3])
        # White space between two encoded words is not part of the text, and a character may be
        # split over two words: bytes are joined before they are decoded.
        joined = pending and not between.strip() and word_charset == charset
        if not joined:
            out.append(decode_bytes(pending, charset) if pending else "")
            if between.strip() or not pending:
                out.append(_plain(between))
            pending = b""
        pending, charset, position = pending + data, word_charset, match.end()
    out.append(decode_bytes(pending, charset) if pending else "")
    out.append(_plain(value[position:]))
    return one_line("".join(out))


def one_line(text: str) -> str:
    """Controls and line ends become single spaces."""
    return _CONTROLS.sub(" ", clean_text(text)).strip()


def _plain(segment: str) -> str:
    if segment.isascii():
        return segment
    return decode_bytes(segment.encode("utf-8", "surrogateescape"))


def _word_bytes(kind: str, text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    if kind in "qQ":
        return quopri.decodestring(raw.replace(b" ", b"_"), header=True)
    return lenient_base64(raw)


def lenient_base64(data: bytes) -> bytes:
    """Base64 with the padding and stray characters of real mail."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    try:
        return base64.b64decode(kept + b"=" * (-len(kept) % 4))
    except (binascii.Error, ValueError):
        return b""


def addresses(message: Message, name: str) -> list[Address]:
    """Everyone a header names, in order, once each, at most 500."""
    found: dict[str, Address] = {}
    for value in raw_values(message, name):
        for display, written in _split_addresses(value):
            email = one_line(_plain(written)).replace(" ", "").lower()
            if "@" not in email or len(email) > 320:
                continue
            found.setdefault(email, Address(decode_header_text(display)[:300], email))
            if len(found) >= _MAX_ADDRESSES:
                return list(found.values())
    return list(found.values())


def _split_addresses(value: str) -> list[tuple[str, str]]:
    try:
        pairs = getaddresses([value])
    except (ValueError, IndexError, TypeError, RecursionError):
        pairs = []
    if any("@" in email for _, email in pairs):
        return pairs
    # The whole header was unreadable, or encoded as one word: look for addresses in its text.
    text = decode_header_text(value)
    return [(text.split("<")[0].strip(' "'), email) for email in _LOOSE_ID.findall(text)[:1]]


def message_ids(message: Message, name: str) -> list[str]:
    """The message ids a header names, without brackets, in order, once each."""
    found: list[str] = []
    for value in raw_values(message, name):
        ids = _MESSAGE_ID.findall(value) or _LOOSE_ID.findall(value)
        found.extend(normal_id(one) for one in ids)
    return list(dict.fromkeys(one for one in found if one))


def normal_id(value: str) -> str:
    """A message id without brackets, white space and controls; its case is kept."""
    return re.sub(r"[\s<>\x00-\x1f]", "", clean_text(_plain(value)))[:990]


def sent_date(message: Message, received_at: datetime) -> datetime:
    """The Date header when it is believable next to the time of arrival, else that time."""
    for value in raw_values(message, "date"):
        try:
            date = parsedate_to_datetime(re.sub(r"\s+", " ", value))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
        try:
            date = date.astimezone(UTC)
        except (OverflowError, ValueError):
            continue
        age = (received_at - date).total_seconds()
        if date.year >= 1990 and age > -86_400:
            return date
    return received_at
