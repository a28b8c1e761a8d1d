"""Walk the parts of a raw mail within limits. Pure; the only caller of the stdlib's mail parser.

Parts are numbered as IMAP numbers them ("1", "1.2"); an attached message is one part.
"""

import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser

from app.mailhub.charsets import decode_bytes
from app.mailhub.mime_headers import decode_header_text

MAX_BYTES = 50 * 1024 * 1024
MAX_PARTS = 500
MAX_DEPTH = 20
MAX_HEADER_BYTES = 256 * 1024
_BOUNDARY = re.compile(
    rb"boundary\s{0,8}=\s{0,8}(?:\"([^\"\r\n]{1,200})\"|([^\s;\"]{1,200}))", re.I
)
_DASHED = re.compile(rb"\n--([^\r\n]{1,210})")
_UNSAFE_IN_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]')


class TooBroken(ValueError):
    """The mail goes beyond a limit; `args[0]` says which, in words for people."""


def read_message(raw: bytes) -> Message:
    """The mail as a tree. Errors: TooBroken."""
    check_limits(raw)
    try:
        message = BytesParser().parsebytes(raw)
        _check_tree(message)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        if isinstance(error, TooBroken):
            raise
        raise TooBroken("its structure cannot be read") from error
    return message


def read_headers(raw: bytes) -> Message:
    """Only the headers, of the first part that is sane to read."""
    head = raw[: header_length(raw)][:MAX_HEADER_BYTES]
    return BytesHeaderParser().parsebytes(head)


def header_length(raw: bytes) -> int:
    """Bytes before the first empty line."""
    ends = [at for at in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if at >= 0]
    return min(ends) if ends else len(raw)


def check_limits(raw: bytes) -> None:
    """Refuse before parsing what would take the parser minutes. Errors: TooBroken."""
    if len(raw) > MAX_BYTES:
        raise TooBroken("it is larger than 50 MB")
    if header_length(raw) > MAX_HEADER_BYTES:
        raise TooBroken("its headers are larger than 256 kB")
    boundaries = {a or b for a, b in _BOUNDARY.findall(raw)}
    if len(boundaries) > MAX_PARTS:
        raise TooBroken("it has more than 500 parts")
    lines = (match[1].rstrip(b" \t") for match in _DASHED.finditer(raw))
    ends = sum(line in boundaries or line.removesuffix(b"--") in boundaries for line in lines)
    if ends > 3 * MAX_PARTS:
        raise TooBroken("it has more than 500 parts")


def _check_tree(message: Message) -> None:
    count, stack = 0, [(message, 1)]
    while stack:
        part, depth = stack.pop()
        count += 1
        if count > MAX_PARTS:
            raise TooBroken("it has more than 500 parts")
        if depth > MAX_DEPTH:
            raise TooBroken("its parts are nested deeper than 20 levels")
        if part.is_multipart():
            stack.extend((child, depth + 1) for child in children(part))


def children(part: Message) -> list[Message]:
    """The parts of a multipart, or the mail inside an attached one."""
    found = part.get_payload()
    return [one for one in found if isinstance(one, Message)] if isinstance(found, list) else []


def leaves(message: Message, prefix: str = "") -> Iterator[tuple[str, Message]]:
    """Every part that holds content, with its path; an attached message counts as content."""
    if not is_container(message):
        yield prefix or "1", message
        return
    for number, child in enumerate(children(message), start=1):
        yield from leaves(child, f"{prefix}.{number}" if prefix else str(number))


def is_container(part: Message) -> bool:
    """A multipart that really has parts."""
    return part.is_multipart() and part.get_content_maintype() == "multipart"


def part_bytes(part: Message) -> bytes:
    """What the part holds, transfer encoding undone; what cannot be undone is given as it is."""
    if part.is_multipart():
        return b"".join(child.as_bytes() for child in children(part))
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError):
        data = None
    if isinstance(data, bytes):
        return data
    return str(part.get_payload()).encode("utf-8", "surrogateescape")


def part_text(part: Message) -> str:
    """A text part as text."""
    return decode_bytes(part_bytes(part), param(part, "charset"))


def param(part: Message, name: str, header: str = "content-type") -> str | None:
    """One parameter of a header, whatever its encoding."""
    try:
        value = part.get_param(name, header=header)
    except (ValueError, LookupError, TypeError):
        return None
    if isinstance(value, tuple):
        charset, _, text = value
        return decode_bytes(str(text).encode("latin-1", "replace"), charset)
    return str(value) if value is not None else None


def part_filename(part: Message) -> str | None:
    """A file name that is safe to offer: no path, no controls, at most 150 characters."""
    for source, name in (("content-disposition", "filename"), ("content-type", "name")):
        value = param(part, name, source)
        if value:
            return safe_filename(decode_header_text(value))
    return None


def safe_filename(name: str) -> str:
    """Last component of the name without characters that mean something to a file system."""
    name = _UNSAFE_IN_NAME.sub("_", re.split(r"[/\\]", name)[-1]).strip(" .")
    if len(name) > 150:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[:140]}.{suffix}" if dot and len(suffix) <= 9 else name[:150]
    return name or "attachment"


def part_at(raw: bytes, path: str) -> Message | None:
    """The part with this path, or None."""
    try:
        message = read_message(raw)
    except TooBroken:
        return None
    return next((part for found, part in leaves(message) if found == path), None)
