"""Which parts of a mail are its body, which are attachments, which are machine reports."""

import html
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from app.mailhub import mime
from app.mailhub.mime_headers import one_line

_REPORT_TYPES = {
    "message/delivery-status",
    "message/global-delivery-status",
    "message/feedback-report",
    "message/disposition-notification",
    "text/rfc822-headers",
    "message/rfc822",
    "message/rfc822-headers",
}
_MAX_REPORT = 256 * 1024


@dataclass
class Bodies:
    """What was found on the walk."""

    text: str = ""
    html: str | None = None
    attachments: list[dict[str, Any]] = field(default_factory=list)
    calendar_method: str | None = None
    reports: list[tuple[str, bytes]] = field(default_factory=list)


def read_bodies(message: Message) -> Bodies:
    """Bodies, attachments and reports of a mail that is within the limits."""
    found = Bodies()
    paths = {id(part): path for path, part in mime.leaves(message)}
    text, markup = _render(message, found, paths)
    found.text, found.html = text.strip("\n"), markup
    if message.get_content_type() == "multipart/report":
        found.reports = _reports(message)
    return found


def _render(part: Message, found: Bodies, paths: dict[int, str]) -> tuple[str, str | None]:
    """(text, html) of a part; attachments met on the way are noted."""
    if not mime.is_container(part):
        return _leaf(part, found, paths)
    rendered = [_render(child, found, paths) for child in mime.children(part)]
    if part.get_content_type() == "multipart/alternative":
        text = next((t for t, _ in rendered if t.strip()), "")
        return text, next((h for _, h in reversed(rendered) if h), None)
    text = "\n".join(t for t, _ in rendered if t.strip())
    if not any(h for _, h in rendered):
        return text, None
    pieces = [h or _as_html(t) for t, h in rendered if h or t.strip()]
    return text if all(t.strip() for t, h in rendered if h) else "", "\n".join(pieces)


def _as_html(text: str) -> str:
    return f"<pre>{html.escape(text)}</pre>"


def _leaf(part: Message, found: Bodies, paths: dict[int, str]) -> tuple[str, str | None]:
    kind = part.get_content_type()
    disposition = part.get_content_disposition()
    name = mime.part_filename(part)
    if kind == "text/calendar":
        method = mime.param(part, "method")
        found.calendar_method = (method or "PUBLISH").upper()[:20]
    is_body = disposition != "attachment" and not (name and disposition)
    if is_body and kind in {"text/plain", "text/html", "text/enriched"}:
        content = mime.part_text(part)
        return ("", content) if kind == "text/html" else (_unflowed(part, content), None)
    if part.get_content_maintype() == "multipart":  # declared so, but nothing could be split
        return mime.part_text(part), None
    found.attachments.append(_attachment(part, paths[id(part)], kind, name, disposition))
    return "", None


def _attachment(
    part: Message, path: str, kind: str, name: str | None, disposition: str | None
) -> dict[str, Any]:
    cid = one_line(str(part.get("content-id") or "")).strip("<>")[:300] or None
    return {
        "path": path,
        "name": name or _default_name(part, kind),
        "type": one_line(kind)[:100],
        "size": len(mime.part_bytes(part)),
        "cid": cid,
        "is_inline": bool(cid) and disposition != "attachment",
    }


def _default_name(part: Message, kind: str) -> str:
    if kind == "message/rfc822" and mime.children(part):
        subject = str(mime.children(part)[0].get("subject") or "message")[:60]
        return mime.safe_filename(f"{subject}.eml")
    endings = {"text/calendar": "invite.ics", "text/plain": "text.txt", "text/html": "page.html"}
    ending = one_line(kind).partition("/")[2][:12]
    return endings.get(kind) or mime.safe_filename(f"attachment.{ending or 'bin'}")


def _unflowed(part: Message, text: str) -> str:
    """Undo format=flowed (RFC 3676): soft-broken lines become paragraphs again."""
    if (mime.param(part, "format") or "").lower() != "flowed":
        return text
    delsp = (mime.param(part, "delsp") or "").lower() == "yes"
    out: list[list[str]] = []  # pieces, joined once: a mail may be one paragraph of a million lines
    joins = False
    for line in text.replace("\r\n", "\n").split("\n"):
        body = line[1:] if line.startswith(" ") and not line.startswith(">") else line
        soft = body.endswith(" ") and body != "-- "
        piece = body[:-1] if soft and delsp else body
        if joins and not body.startswith(">") and not out[-1][0].startswith(">"):
            out[-1].append(piece)
        else:
            out.append([piece])
        joins = soft
    return "\n".join("".join(pieces) for pieces in out)


def _reports(message: Message) -> list[tuple[str, bytes]]:
    found = []
    for _, part in mime.leaves(message):
        kind = part.get_content_type()
        if kind in _REPORT_TYPES:
            found.append((kind, mime.part_bytes(part)[:_MAX_REPORT]))
    return found
