"""Public doors: pixel, link, unsubscribe. No cookies, no session, nothing but the signed token."""

from __future__ import annotations

from base64 import b64decode
from collections import OrderedDict

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.clock import utcnow
from app.core.errors import NotFound
from app.core.permissions import public
from app.core.signing import read_ids
from app.core.tenancy import unscoped, workspace_context
from app.models import Outbox
from app.tracking import hits, queries, services
from app.tracking.policies import is_safe_target
from app.web.csrf import exempt_blueprint

bp = Blueprint("tracking", __name__)
exempt_blueprint(bp.name)  # mail programs post here (RFC 8058); the signed token is the guard
PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_KEPT = 5_000
_targets: OrderedDict[int, str] = OrderedDict()


@bp.get("/t/o/<path:token>")
@public
def show_pixel(token: str) -> Response:
    """A picture of one point, whatever the token is; a true one is noted."""
    ids = read_ids("open", token.removesuffix(".gif"))
    if ids and len(ids) == 1:
        _note(ids[0], "open")
    return _private(Response(PIXEL, mimetype="image/gif"))


@bp.get("/t/c/<token>")
@public
def follow_link(token: str) -> ResponseReturnValue:
    """On to the stored target of a link."""
    ids = read_ids("click", token)
    target = _target(ids[1]) if ids and len(ids) == 2 else None
    if not ids or target is None:
        raise NotFound("This link is not complete. Copy it from the mail again.")
    _note(ids[0], "click", ids[1])
    return _private(make_response(redirect(target, 302)))


@bp.get("/u/<token>")
@public
def show_unsubscribe(token: str) -> ResponseReturnValue:
    """Ask whether it is meant. Changes nothing: machines follow every link of a mail."""
    mail = _mail(token)
    _note(mail.id, "unsubscribe_page")
    return _page(mail, token, is_done=False)


@bp.post("/u/<token>")
@public
def create_unsubscribe(token: str) -> ResponseReturnValue:
    """Unsubscribe: by a mail program (RFC 8058) or by the button of the page."""
    mail = _mail(token)
    address = mail.to_email
    with workspace_context(mail.workspace_id):
        services.unsubscribe(
            queries.mail_of_token(mail.id) or mail, ip=_ip(), user_agent=_user_agent()
        )
        if request.form.get("List-Unsubscribe") == "One-Click":
            return _private(Response("You are unsubscribed.\n", mimetype="text/plain"))
        return _page(None, token, is_done=True, address=address)


def _mail(token: str) -> Outbox:
    ids = read_ids("unsubscribe", token)
    with unscoped("a signed token names this mail"):
        mail = queries.mail_of_token(ids[0]) if ids and len(ids) == 1 else None
    if mail is None:
        raise NotFound("This link is not complete. Copy it from the mail again.")
    return mail


def _page(mail: Outbox | None, token: str, *, is_done: bool, address: str = "") -> Response:
    html = render_template(
        "tracking/unsubscribe.html",
        address=address or (mail.to_email if mail else ""),
        action=url_for("tracking.create_unsubscribe", token=token),
        is_done=is_done,
    )
    return _private(make_response(html))


def _target(link_id: int) -> str | None:
    """Where a stored link leads; links never change, so they are kept in memory."""
    if link_id in _targets:
        return _targets[link_id]
    with unscoped("a signed token names this link"):
        found = queries.link_target(link_id)
    if found is None or not is_safe_target(found[1]):
        return None
    _targets[link_id] = found[1]
    if len(_targets) > _KEPT:
        _targets.popitem(last=False)
    return found[1]


def _note(outbox_id: int, kind: str, link_id: int | None = None) -> None:
    hits.write(
        hits.RawHit(
            outbox_id=outbox_id,
            kind=kind,
            link_id=link_id,
            at=utcnow(),
            method=request.method,
            ip=_ip(),
            user_agent=_user_agent(),
        )
    )


def _ip() -> str:
    return request.remote_addr or ""


def _user_agent() -> str:
    return request.headers.get("User-Agent", "").replace("\0", "")[:300]


def _private(response: Response) -> Response:
    """Never from a cache, never in an index, and no word about the mail to where it leads."""
    response.headers["Cache-Control"] = "no-store, private, max-age=0"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
