"""Verbs of the mailhub."""

from app.mailhub.services.marking import archive, mark_read, mark_unread, star, unarchive, unstar
from app.mailhub.services.replying import reply_to_thread
from app.mailhub.services.storing import store_messages
from app.mailhub.services.threads import link_thread, refresh_threads, set_match

__all__ = [
    "archive",
    "link_thread",
    "mark_read",
    "mark_unread",
    "refresh_threads",
    "reply_to_thread",
    "set_match",
    "star",
    "store_messages",
    "unarchive",
    "unstar",
]
