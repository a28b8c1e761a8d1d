"""Verbs of sending: put mail into the outbox, take it out again, decide about held mail."""

from app.sending.services.held import discard_held, resend_held
from app.sending.services.queue import (
    OutgoingMail,
    mint_message_id,
    queue_mails,
    queue_manual_mail,
    queue_test_mail,
)
from app.sending.services.stop import cancel_queued, drop_queued_of_account, drop_suppressed

__all__ = [
    "OutgoingMail",
    "cancel_queued",
    "discard_held",
    "drop_queued_of_account",
    "drop_suppressed",
    "mint_message_id",
    "queue_mails",
    "queue_manual_mail",
    "queue_test_mail",
    "resend_held",
]
