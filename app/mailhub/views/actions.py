"""What people do in the mailhub: one POST each, answered with the rows it changed."""

from collections.abc import Sequence

from flask import Response, abort, request, url_for

from app.core.forms import parse_form
from app.core.permissions import can, current_actor, requires
from app.mailhub import services
from app.mailhub.queries import threads as queries
from app.mailhub.schemas import BulkInput, ReplyInput
from app.mailhub.services.marking import VERBS, apply_verb
from app.mailhub.views.blueprint import bp, current_filter
from app.mailhub.views.threads import list_context, thread_context
from app.models import Thread
from app.web.responses import done, invalid

SENTENCES = {
    "archive": ("{} archived", "unarchive"),
    "unarchive": ("{} moved to the inbox", "archive"),
    "read": ("{} marked as read", "unread"),
    "unread": ("{} marked as unread", "read"),
    "star": ("{} starred", "unstar"),
    "unstar": ("{} no longer starred", "star"),
}


@bp.post("/threads/<int:thread_id>/seen")
@requires("mailhub.edit")
def create_seen(thread_id: int) -> Response:
    """The conversation was opened: quietly mark it as read."""
    thread = queries.get_thread(thread_id)
    services.mark_read([thread.id], actor=current_actor())
    return _changed([thread], "", None)


@bp.post("/threads/<int:thread_id>/<any(archive, unarchive, read, unread, star, unstar):verb>")
@requires("mailhub.edit")
def create_mark(thread_id: int, verb: str) -> Response:
    """Archive, star or mark one conversation."""
    thread = queries.get_thread(thread_id)
    apply_verb(verb, [thread], actor=current_actor())
    return _changed([thread], verb, "Conversation")


@bp.post("/threads/bulk")
@requires("mailhub.edit")
def create_bulk() -> Response:
    """The same for many; also the way back from the toast."""
    form = parse_form(BulkInput)
    if not form.ok:
        abort(400, "Choose at least one conversation.")
    threads = queries.threads_by_ids(form.value.ids)
    apply_verb(form.value.verb, threads, actor=current_actor())
    count = len(threads)
    noun = "Conversation" if count == 1 else f"{count} conversations"
    return _changed(threads, form.value.verb, noun)


@bp.post("/threads/<int:thread_id>/reply")
@requires("mailhub.send")
def create_reply(thread_id: int) -> Response:
    """Queue a reply; it shows as "Sending" until it has left."""
    thread = queries.get_thread(thread_id)
    wanted = current_filter()
    form = parse_form(ReplyInput)
    if not form.ok:
        context = {**list_context(wanted), **thread_context(thread, wanted)}
        return invalid("mailhub/index.html", partial="mailhub/_composer.html", form=form, **context)
    services.reply_to_thread(thread, form.value, actor=current_actor())
    context = thread_context(thread, wanted)
    return done(
        url_for("mailhub.show_thread", thread_id=thread.id, **wanted.query()),
        main="mailhub/_composer.html",
        oob="mailhub/reply.oob.html",
        wanted=wanted,
        **context,
    )


def _changed(threads: Sequence[Thread], verb: str, noun: str | None) -> Response:
    wanted = current_filter()
    ids = [thread.id for thread in threads]
    rows = {row.thread_id: row for row in queries.rows_of(wanted, ids)}
    sentence, opposite = SENTENCES.get(verb, ("", ""))
    return done(
        url_for("mailhub.index_threads", **wanted.query()),
        sentence.format(noun) if noun else None,
        oob="mailhub/changed.oob.html",
        undo_url=_undo_url(ids, opposite) if verb in {"archive", "unarchive"} else None,
        trigger={"mailhub:changed": {"verb": verb}},
        wanted=wanted,
        threads=threads,
        listed=rows,
        open_thread=_open_thread(ids),
        places=queries.places(),
        unread=queries.unread_count(),
        colours=queries.account_colours(),
        may_edit=can("mailhub.edit"),
        verb=verb,
    )


def _open_thread(ids: Sequence[int]) -> Thread | None:
    """The conversation beside the list, when it is one of those changed."""
    current = request.headers.get("HX-Current-URL", "").partition("?")[0].rpartition("/")[2]
    if current in map(str, ids):
        return queries.get_thread(int(current))
    return None


def _undo_url(ids: Sequence[int], verb: str) -> str:
    return url_for(
        "mailhub.create_undo", verb=verb, ids=".".join(map(str, ids)), **current_filter().query()
    )


@bp.post("/undo/<any(archive, unarchive):verb>/<ids>")
@requires("mailhub.edit")
def create_undo(verb: str, ids: str) -> Response:
    """The button of a toast: put these conversations back where they were."""
    wanted = [int(one) for one in ids.split(".")[:500] if one.isdecimal() and len(one) < 19]
    threads = queries.threads_by_ids(wanted)
    apply_verb(verb, threads, actor=current_actor())
    url = url_for("mailhub.index_threads", **current_filter().query())
    return done(url, "Put back", reload=True)


assert set(VERBS) <= set(SENTENCES), "each verb needs its sentence"
