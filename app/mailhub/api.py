"""The JSON door of the mailhub: list, conversation, marks, reply."""

from functools import partial
from secrets import token_urlsafe
from typing import Any

from flask import Response
from pydantic import Field

from app.api.door import Continued, asked_page, continued, endpoint
from app.core.context import current_actor
from app.core.errors import Invalid, NotFound
from app.mailhub.queries import messages as message_queries
from app.mailhub.queries import threads as queries
from app.mailhub.schemas import BulkInput, Id, Key, ReplyInput, ThreadFilter
from app.mailhub.serializers import (
    ConversationJson,
    MessageJson,
    PendingJson,
    ThreadJson,
    message_json,
    pending_json,
    thread_json,
)
from app.mailhub.services.marking import apply_verb
from app.mailhub.services.own_marks import unmarked_html, unmarked_text
from app.mailhub.services.replying import reply_to_thread
from app.mailhub.views.bodies import send_attachment
from app.models import Attachment, Message, Thread

FIND = {"thread_id": queries.get_thread}
FIND_MESSAGE = {"message_id": message_queries.get_message}


class MessageInput(ReplyInput):
    """An answer in a conversation. The same `key` again is the same answer."""

    thread_id: Id
    key: Key = Field(default_factory=lambda: token_urlsafe(12))


@endpoint("GET", "/mailhub/threads", permission="mailhub.view", body=ThreadFilter)
def index_threads(value: ThreadFilter) -> Continued[ThreadJson]:
    """A box, newest first; `account`, `campaign`, `unread` and `q` narrow it."""
    page = asked_page()
    found = queries.list_threads(value, page.cursor, page.per_page, page.offset)
    count = partial(queries.count_threads, value)
    return continued(found, count, lambda row: thread_json(row.Thread))


@endpoint("GET", "/mailhub/threads/<int:thread_id>", permission="mailhub.view", find=FIND)
def show_thread(thread: Thread) -> ConversationJson:
    """A conversation with its messages, oldest first, and what is on its way."""
    messages = message_queries.messages_of(thread.id)
    files = message_queries.attachments_of([message.id for message in messages])
    pending = message_queries.pending_mails([thread.id])
    return {
        **thread_json(thread),
        "messages": [_shown(message, files.get(message.id, [])) for message in messages],
        "pending": [pending_json(row) for row in pending],
    }


@endpoint("GET", "/mailhub/messages/<int:message_id>", permission="mailhub.view", find=FIND_MESSAGE)
def show_message(message: Message) -> MessageJson:
    """One mail."""
    files = message_queries.attachments_of([message.id])
    return _shown(message, files.get(message.id, []))


def find_file(part: str, message: Message) -> Attachment:
    """The file of a message that the path names. Errors: NotFound."""
    return message_queries.get_part(message.id, part)


@endpoint(
    "GET",
    "/mailhub/messages/<int:message_id>/attachments/<part>",
    permission="mailhub.view",
    find={"message_id": message_queries.get_message, "part": find_file},
)
def show_attachment(message: Message, part: Attachment) -> Response:
    """A file of a mail, to download."""
    return send_attachment(message, part, in_place=False)


def _shown(message: Message, files: list[Attachment]) -> MessageJson:
    """A mail without our own marks: who reads it here must not count as the lead."""
    text, html = unmarked_text(message.body_text), unmarked_html(message.body_html)
    return message_json(message, files, text=text, html=html)


def _mark(path: str, put: str, delete: str, words: str) -> None:
    """Two endpoints of a mark: PUT sets it, DELETE takes it back."""

    def set_mark(thread: Thread) -> ThreadJson:
        apply_verb(put, [thread], actor=current_actor())
        return thread_json(queries.get_thread(thread.id))

    def take_back(thread: Thread) -> ThreadJson:
        apply_verb(delete, [thread], actor=current_actor())
        return thread_json(queries.get_thread(thread.id))

    for method, function in (("PUT", set_mark), ("DELETE", take_back)):
        function.__name__ = f"{method.lower()}_{path}"
        address = f"/mailhub/threads/<int:thread_id>/{path}"
        endpoint(method, address, permission="mailhub.edit", find=FIND, summary=words)(function)


_mark("read", "read", "unread", "Mark a conversation as read, or as unread again.")
_mark("star", "star", "unstar", "Star a conversation, or take the star back.")
_mark("archive", "archive", "unarchive", "Archive a conversation, or bring it back.")


@endpoint("POST", "/mailhub/threads/bulk", permission="mailhub.edit", body=BulkInput)
def update_threads(value: BulkInput) -> list[ThreadJson]:
    """Do one thing to many conversations; those of others are not there."""
    apply_verb(value.verb, queries.threads_by_ids(value.ids), actor=current_actor())
    return [thread_json(thread) for thread in queries.threads_by_ids(value.ids)]


@endpoint("POST", "/mailhub/messages", permission="mailhub.send", body=MessageInput, status=201)
def create_message(value: MessageInput) -> PendingJson:
    """Answer in a conversation; it leaves through the outbox."""
    thread = _thread(value.thread_id)
    outbox_id = reply_to_thread(thread, value, actor=current_actor())
    row = message_queries.get_pending(outbox_id)
    if row is None:
        raise NotFound
    return pending_json(row)


def _thread(thread_id: int) -> Thread:
    """A conversation named in the body: not there means an invalid choice."""
    try:
        return queries.get_thread(thread_id)
    except NotFound as error:
        raise Invalid({"thread_id": ["The selected thread id is invalid."]}) from error


@endpoint("GET", "/mailhub/counts", permission="mailhub.view")
def show_counts() -> dict[str, Any]:
    """Unread conversations of the inbox, counted no further than 100."""
    return {"unread": queries.unread_count()}
