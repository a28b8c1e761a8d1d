"""Reactions of the mailhub: replies that have left stand in their conversation."""

from app.mailhub.services.replying import store_sent_reply
from app.sending.events import MailSent
from app.sending.queries import outbox_by_ids


def show_sent_replies(event: MailSent) -> None:
    """Store what people wrote by hand; campaign mail comes by its copy in Sent."""
    manual = {note.outbox_id: note for note in event.mails if note.kind == "manual"}
    if not manual:
        return
    for outbox_id, row in outbox_by_ids(manual).items():
        note = manual[outbox_id]
        store_sent_reply(
            row, message_id=note.message_id, subject=note.subject or row.subject, at=note.at
        )
