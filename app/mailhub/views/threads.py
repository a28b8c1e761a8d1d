"""Pages: the list, a conversation beside it, and what is new in either."""

from typing import Any
from uuid import uuid4

from flask import Response, current_app, request, url_for
from markupsafe import Markup

from app.core.permissions import can, requires
from app.mailhub import news
from app.mailhub.html import NARROW, WIDE, estimate_height, is_plain, linkify, text_to_html
from app.mailhub.panel import panel_cards
from app.mailhub.queries import messages as message_queries
from app.mailhub.queries import threads as queries
from app.mailhub.quoted import reply_text
from app.mailhub.schemas import ThreadFilter
from app.mailhub.services.own_marks import unmarked_text
from app.mailhub.services.replying import recipient_of
from app.mailhub.views.blueprint import bp, current_filter
from app.models import Message, Outbox, Thread
from app.web.responses import fragment, nothing, page, page_or_fragment

PIECES = {"threads-more": "mailhub/_rows.html", "reader": "mailhub/_reader.html"}


@bp.get("")
@requires("mailhub.view")
def index_threads() -> Response:
    """The list of one box."""
    wanted = current_filter()
    return page_or_fragment("mailhub/index.html", PIECES, **list_context(wanted), **no_thread())


@bp.get("/threads/<int:thread_id>")
@requires("mailhub.view")
def show_thread(thread_id: int) -> Response:
    """A conversation; as a whole page with its list beside it."""
    wanted = current_filter()
    thread = queries.get_thread(thread_id)
    context = thread_context(thread, wanted)
    if request.headers.get("HX-Target") == "reader" and "HX-Request" in request.headers:
        return fragment("mailhub/_reader.html", wanted=wanted, **context)
    return page("mailhub/index.html", **{**list_context(wanted), **context})


@bp.get("/news")
@requires("mailhub.view")
def show_news() -> Response:
    """What has changed in the list since it was drawn: single rows, or 204."""
    wanted = current_filter()
    shown = news.unpack(request.args.get("shown", ""))
    rows = queries.list_threads(wanted, limit=news.MAX_SHOWN).items
    listed = {row.thread_id for row in rows}
    missing = set(shown) - listed
    gone = missing - queries.still_listed(wanted, missing) if missing else set()
    found = news.compare(rows, shown, gone=gone)
    if found.is_empty:
        return nothing()
    return fragment(
        "mailhub/_news.html",
        wanted=wanted,
        found=found,
        places=queries.places(),
        unread=queries.unread_count(),
        colours=queries.account_colours(),
        may_edit=can("mailhub.edit"),
        open_id=_open_id(),
        **_poll(rows),
    )


@bp.get("/threads/<int:thread_id>/news")
@requires("mailhub.view")
def show_thread_news(thread_id: int) -> Response:
    """New messages of an open conversation and the fate of replies on their way, or 204."""
    thread = queries.get_thread(thread_id)
    seen = request.args.get("seen", "")
    context = thread_context(thread, current_filter())
    if seen == context["version"]:
        return nothing()
    last = _number(seen.partition("-")[0]) or 0
    fresh = [one for one in context["messages"] if one.id > last]
    return fragment("mailhub/_thread_news.html", fresh=fresh, wanted=current_filter(), **context)


def _open_id() -> int | None:
    """The conversation beside the list, by the address the browser shows."""
    return _number(request.headers.get("HX-Current-URL", "").partition("?")[0].rpartition("/")[2])


def list_context(wanted: ThreadFilter) -> dict[str, Any]:
    """What the list pane is drawn from."""
    cursor = request.args.get("cursor")
    found = queries.list_threads(wanted, cursor)
    more = None
    if found.next_cursor:
        more = url_for("mailhub.index_threads", **wanted.query(cursor=found.next_cursor))
    return {
        "wanted": wanted,
        "rows": found.items,
        "next_url": more,
        "places": queries.places(),
        "unread": queries.unread_count(),
        "colours": queries.account_colours(),
        "may_edit": can("mailhub.edit"),
        "campaign": queries.campaign_name(wanted.campaign) if wanted.campaign else "",
        **_poll(found.items),
    }


def _poll(rows: list[Any]) -> dict[str, Any]:
    return {"shown": news.pack(rows)}


def no_thread() -> dict[str, Any]:
    """A page on which no conversation is open."""
    return {"thread": None, "messages": [], "pending": []}


def thread_context(thread: Thread, wanted: ThreadFilter) -> dict[str, Any]:
    """What a conversation is drawn from."""
    messages = message_queries.messages_of(thread.id)
    ids = [thread.id, *queries.ids_merged_into(thread.id)]
    pending = message_queries.pending_mails(ids)
    account = queries.get_account(thread.account_id)
    answered = message_queries.to_answer(thread.id)
    newest = max((one.id for one in messages), default=0)
    states = ".".join(f"{row.id}{row.state}" for row in pending)
    return {
        "thread": thread,
        "messages": messages,
        "attachments": message_queries.attachments_of([one.id for one in messages]),
        "pending": pending,
        "account": account,
        "lead": message_queries.get_lead(thread.lead_id) if thread.lead_id else None,
        "cards": panel_cards(thread.campaign_lead_id),
        "reply_to": recipient_of(answered, account),
        "reply_key": uuid4().hex,
        "version": f"{newest}-{states}",
        "back_url": url_for("mailhub.index_threads", **wanted.query()),
        "may_edit": can("mailhub.edit"),
        "may_send": can("mailhub.send"),
        "shown_text": shown_text,
        "reply_words": reply_words,
        "frame": frame,
        "images": _number(request.args.get("images")),
        "has_outbox": "sending.index_outbox" in current_app.view_functions,
    }


def shown_text(message: Message) -> tuple[Any, Any]:
    """A text mail as safe HTML: own words and quoted history."""
    return text_to_html(unmarked_text(message.body_text))


def reply_words(mail: Outbox) -> Markup:
    """What a person wrote in a reply that has not left: the words above signature and history."""
    return linkify(reply_text(mail.body_text))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def frame(message: Message) -> tuple[int, int, bool]:
    """Of the frame of an HTML mail: its pixels in the reader and on a phone, and whether it needs
    white paper."""
    body = message.body_html
    return estimate_height(body, WIDE), estimate_height(body, NARROW), not is_plain(body)
