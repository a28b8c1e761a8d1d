"""Verbs of the mailhub."""

from app.mailhub.services.storing import store_messages
from app.mailhub.services.threads import link_thread, refresh_threads, set_match

__all__ = ["link_thread", "refresh_threads", "set_match", "store_messages"]
