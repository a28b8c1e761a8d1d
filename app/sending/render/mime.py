"""Bytes of a mail, put together by hand because the library is thirty times slower.

What it must get right is small and tested against the standard library's parser: RFC 2047 names
and subjects, quoted-printable bodies, CRLF everywhere, lines within limits, no header injection.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}\Z")
_MESSAGE_ID = re.compile(
    r"<[!-;=?-~]{1,500}>\Z"
)  # ASCII: foreign ids in other letters are left out
_WORD_BYTES = 45  # of UTF-8 in one encoded word: 60 characters of base64, within the 75 allowed
_LINE = 76
_LONGEST_HEADER = 900
_LONGEST_NAME = 200  # as it is; longer ones are cut into encoded words, a line each


class HeaderInjection(ValueError):
    """A value would end its header line and begin another."""


def refuse_control(value: str, what: str) -> str:
    """`value`, when it fits on one line. Errors: HeaderInjection."""
    if _CONTROL.search(value):
        raise HeaderInjection(f"{what} contains a line break or a control character")
    return value


def unstructured(value: str) -> str:
    """A header text such as a subject, encoded and folded."""
    refuse_control(value, "A header")
    if not value.isascii() or "=?" in value or _longest_word(value) > _LONGEST_HEADER:
        return "\r\n ".join(_encoded_words(value))
    return _folded(value) if len(value) > 60 else value


def mailbox(address: str, name: str = "") -> str:
    """`Name <address>`. Errors: HeaderInjection, ValueError for an address that is none."""
    address = ascii_address(address)
    name = refuse_control(name.strip(), "A name")
    if not name:
        return address
    if not name.isascii() or len(name) > _LONGEST_NAME:
        return "\r\n ".join([*_encoded_words(name), f"<{address}>"])
    if not _ATOM.match(name) or "=?" in name:
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address}>"


def ascii_address(address: str) -> str:
    """The address as it goes on the wire: the domain in its ASCII form."""
    address = refuse_control(address.strip(), "An address")
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise ValueError(f"{address} has no valid domain") from error
        address = f"{local}@{domain}"
    if not _ADDRESS.match(address):
        raise ValueError(f"{address} is not an address mail can be sent to")
    return address


def message_ids(values: Iterable[str]) -> str:
    """`References` and the like: one id a line. Errors: HeaderInjection."""
    found = [refuse_control(value.strip(), "A Message-ID") for value in values]
    return "\r\n ".join(value for value in found if _MESSAGE_ID.match(value))


def date_header(at: datetime) -> str:
    """RFC 5322 date of an aware instant."""
    return format_datetime(at)


def header_block(headers: Iterable[tuple[str, str]]) -> bytes:
    """Header lines with an empty line after them. Values are encoded already."""
    lines = [f"{name}: {value}\r\n" for name, value in headers if value]
    return ("".join(lines)).encode("ascii")


def alternative(headers: bytes, text: str, html: str, boundary: str) -> bytes:
    """A text and an HTML part under `headers`."""
    mark = boundary.encode("ascii")
    return b"".join(
        (
            headers,
            b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="', mark,
            b'"\r\n\r\n--', mark, b"\r\n", _PLAIN, quoted_printable(text),
            b"\r\n--", mark, b"\r\n", _HTML, quoted_printable(html),
            b"\r\n--", mark, b"--\r\n",
        )
    )  # fmt: skip


def plain(headers: bytes, text: str) -> bytes:
    """One text part under `headers`."""
    return b"".join((headers, b"MIME-Version: 1.0\r\n", _PLAIN, quoted_printable(text), b"\r\n"))


_ENCODING = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
_PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n" + _ENCODING
_HTML = b"Content-Type: text/html; charset=utf-8\r\n" + _ENCODING


def quoted_printable(text: str) -> bytes:
    """`text` as quoted-printable with CRLF line ends and no bare CR or LF."""
    body = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    quoted = binascii.b2a_qp(body, istext=True)
    return quoted.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _encoded_words(value: str) -> list[str]:
    words, chunk = [], b""
    for character in value:
        piece = character.encode("utf-8", "replace")
        if len(chunk) + len(piece) > _WORD_BYTES:
            words.append(chunk)
            chunk = b""
        chunk += piece
    words.append(chunk)
    return [f"=?utf-8?b?{b64encode(word).decode('ascii')}?=" for word in words]


def _folded(value: str) -> str:
    lines, line = [], ""
    for word in re.findall(r" *[^ ]+|\s+\Z", value):
        if line and len(line) + len(word) > _LINE - 10:
            lines.append(line)
            line = ""
        line += word
    lines.append(line)
    return "\r\n".join(lines)


def _longest_word(value: str) -> int:
    return max((len(word) for word in value.split(" ")), default=0)
