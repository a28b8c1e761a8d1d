"""The body of a message as the document for its frame, with inline images inside."""

from base64 import b64encode

from app.core.blobs import BlobMissing, get_blob
from app.core.settings import settings
from app.mailhub.html import body_document
from app.mailhub.mime import TooBroken, leaves, part_at, part_bytes, read_message
from app.mailhub.services.own_marks import unmarked_html
from app.models import Attachment, Message

MAX_INLINE = 8 * 1024 * 1024
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


def render_body(message: Message, *, show_remote: bool, theme: str = "") -> str:
    """The document of an HTML mail."""
    inline = _inline_images(message) if "cid:" in message.body_html else {}
    return body_document(
        unmarked_html(message.body_html),
        inline=inline,
        show_remote=show_remote,
        own_url=settings.public_url,
        theme=theme,
    )


def attachment_bytes(message: Message, attachment: Attachment) -> bytes | None:
    """The bytes of a file, taken from the raw mail; None when they cannot be read any more."""
    if not message.raw_blob:
        return None
    try:
        part = part_at(get_blob(message.raw_blob), attachment.part)
    except BlobMissing:
        return None
    return part_bytes(part) if part is not None else None


def raw_bytes(message: Message) -> bytes | None:
    """The mail as it came."""
    try:
        return get_blob(message.raw_blob) if message.raw_blob else None
    except BlobMissing:
        return None


def raster_type(data: bytes) -> str | None:
    """The type of a raster image by its first bytes; None for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def _inline_images(message: Message) -> dict[str, str]:
    """Content ids to data: addresses. Images travel in the document: a frame without an origin
    of its own sends no cookies, so it could not fetch them from us."""
    raw = raw_bytes(message)
    if raw is None:
        return {}
    try:
        parts = list(leaves(read_message(raw)))
    except TooBroken:
        return {}
    found: dict[str, str] = {}
    left = MAX_INLINE
    for _, part in parts:
        cid = str(part.get("content-id") or "").strip().strip("<>")
        data = part_bytes(part) if cid else b""
        kind = raster_type(data)
        if kind and len(data) <= left:
            left -= len(data)
            found[cid] = f"data:{kind};base64,{b64encode(data).decode()}"
    return found
