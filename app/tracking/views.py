"""Public doors: pixel, link, unsubscribe. No cookies, no session, nothing but the signed token."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import db
from app.core.errors import NotFound
from app.core.permissions import public
from app.core.shortcuts import Answer
from app.core.signing import read_ids
from app.core.tenancy import unscoped, workspace_context
from app.models import Outbox
from app.tracking import answers, queries, services
from app.web.csrf import exempt_blueprint

bp = Blueprint("tracking", __name__)
exempt_blueprint(bp.name)  # mail programs post here (RFC 8058); the signed token is the guard
LINK_BROKEN = "This link is not complete. Copy it from the mail again."


@bp.get("/t/o/<path:token>")
@public
def show_pixel(token: str) -> Response:
    """A picture of one point, whatever the token is."""
    return _response(answers.pixel(token, request.environ))


@bp.get("/t/c/<token>")
@public
def follow_link(token: str) -> Response:
    """On to the stored target of a link."""
    answers.learn_target(token)
    _let_go()
    answer = answers.link(token, request.environ)
    if answer is None:
        raise NotFound(LINK_BROKEN)
    return _response(answer)


@bp.get("/u/<token>")
@public
def show_unsubscribe(token: str) -> ResponseReturnValue:
    """Ask whether it is meant. Changes nothing: machines follow every link of a mail."""
    mail = _mail(token)
    answers.note(request.environ, mail.id, "unsubscribe_page")
    return _page(mail, token, is_done=False)


@bp.post("/u/<token>")
@public
def create_unsubscribe(token: str) -> ResponseReturnValue:
    """Unsubscribe: by a mail program (RFC 8058) or by the button of the page."""
    mail = _mail(token)
    address = mail.to_email
    with workspace_context(mail.workspace_id):
        services.unsubscribe(
            queries.mail_of_token(mail.id) or mail,
            ip=request.remote_addr or "",
            user_agent=answers.user_agent(request.environ),
        )
        if request.form.get("List-Unsubscribe") == "One-Click":
            text = "You are unsubscribed.\n"
            return Response(text, mimetype="text/plain", headers=answers.PRIVATE)
        return _page(None, token, is_done=True, address=address)


def _mail(token: str) -> Outbox:
    ids = read_ids("unsubscribe", token)
    with unscoped("a signed token names this mail"):
        mail = queries.mail_of_token(ids[0]) if ids and len(ids) == 1 else None
    _let_go()
    if mail is None:
        raise NotFound(LINK_BROKEN)
    return mail


def _let_go() -> None:
    """Give the connection back. Hits are written on another one, and requests that held theirs
    while they wait for it could leave it none."""
    db.session.expunge_all()
    db.session.rollback()


def _page(mail: Outbox | None, token: str, *, is_done: bool, address: str = "") -> Response:
    html = render_template(
        "tracking/unsubscribe.html",
        address=address or (mail.to_email if mail else ""),
        action=url_for("tracking.create_unsubscribe", token=token),
        is_done=is_done,
    )
    return Response(html, headers=answers.PRIVATE)


def _response(answer: Answer) -> Response:
    return Response(answer.body, status=answer.status, headers=answer.headers)
