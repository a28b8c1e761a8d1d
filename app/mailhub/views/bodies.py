"""Mail content as it came: the framed body, files, and the raw mail. Never as part of our pages."""

from urllib.parse import quote

from flask import Response, make_response, request

from app.core.errors import NotFound
from app.core.permissions import requires
from app.mailhub.queries.messages import get_attachment, get_message
from app.mailhub.services.bodies import attachment_bytes, raster_type, raw_bytes, render_body
from app.mailhub.views.blueprint import bp
from app.models import Attachment, Message
from app.web.security import mail_body_policy

REMOTE = "data: https: http:"


@bp.get("/messages/<int:message_id>/body")
@requires("mailhub.view")
def show_body(message_id: int) -> Response:
    """The document in the frame of an HTML mail; remote images only when asked for."""
    message = get_message(message_id)
    show_remote = request.args.get("images") == "1"
    theme = request.cookies.get("theme", "")
    response = make_response(render_body(message, show_remote=show_remote, theme=theme))
    mail_body_policy(response, images=REMOTE if show_remote else "data:")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get("/messages/<int:message_id>/attachments/<int:attachment_id>")
@requires("mailhub.view")
def show_attachment(message_id: int, attachment_id: int) -> Response:
    """A file to download. Only raster images may be looked at in place."""
    message = get_message(message_id)
    attachment = get_attachment(message.id, attachment_id)
    return send_attachment(message, attachment, in_place=request.args.get("view") == "1")


def send_attachment(message: Message, attachment: Attachment, *, in_place: bool) -> Response:
    """The file, for both doors. Errors: NotFound when the mail is not stored any more."""
    data = attachment_bytes(message, attachment)
    if data is None:
        raise NotFound("This file cannot be read from the mail any more.")
    return _file(data, attachment.filename, raster_type(data) if in_place else None)


@bp.get("/messages/<int:message_id>/raw")
@requires("mailhub.view")
def show_raw(message_id: int) -> Response:
    """The mail as it came, as a file."""
    message = get_message(message_id)
    data = raw_bytes(message)
    if data is None:
        raise NotFound("The raw mail is not stored.")
    return _file(data, _eml_name(message), None)


def _eml_name(message: Message) -> str:
    kept = "".join(c if c.isalnum() or c in " -_" else "_" for c in message.subject[:60]).strip()
    return f"{kept or 'message'}.eml"


def _file(data: bytes, name: str, inline_type: str | None) -> Response:
    response = make_response(data)
    response.headers["Content-Type"] = inline_type or "application/octet-stream"
    kind = "inline" if inline_type else "attachment"
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    response.headers["Content-Disposition"] = (
        f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response
