"""The Outbox page: mails that wait for a person, with the reason and what can be done."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from app.core.permissions import requires
from app.sending import queries, services
from app.web.responses import done, page, page_or_fragment

bp = Blueprint("sending", __name__, url_prefix="/w/<slug>/outbox")


@bp.get("")
@requires("mailhub.view")
def index_outbox() -> ResponseReturnValue:
    """Held, failed and doubtful mails, the newest first."""
    state = request.args.get("state", "held")
    mails = queries.attention_page(request.args.get("cursor"), state)
    return page_or_fragment(
        "sending/index.html",
        {"outbox-more": "sending/_rows.html"},
        mails=mails,
        state=state if state in queries.ATTENTION else "",
        counts=queries.attention_counts(),
        senders=queries.sender_addresses(mail.account_id for mail in mails.items),
    )


@bp.get("/<int:outbox_id>")
@requires("mailhub.view")
def show_mail(outbox_id: int) -> ResponseReturnValue:
    """One mail and everything that happened to it."""
    mail = queries.get_outbox(outbox_id)
    return page(
        "sending/show.html",
        mail=mail,
        sender=queries.sender_addresses([mail.account_id]).get(mail.account_id, ""),
        events=queries.events_of(outbox_id),
    )


@bp.post("/<int:outbox_id>/resend")
@requires("mailhub.send")
def create_resend(outbox_id: int) -> ResponseReturnValue:
    """Send a held or failed mail after all."""
    services.resend_held(outbox_id)
    return done(url_for("sending.index_outbox"), message="The mail is on its way.")


@bp.post("/<int:outbox_id>/discard")
@requires("mailhub.send")
def create_discard(outbox_id: int) -> ResponseReturnValue:
    """Give a held mail up."""
    services.discard_held(outbox_id)
    return done(url_for("sending.index_outbox"), message="The mail will not be sent.")
