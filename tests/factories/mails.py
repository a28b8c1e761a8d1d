"""Stored mail of the current workspace, made through the same verb that sync uses."""

from datetime import datetime
from itertools import count
from typing import Any

from app.core.clock import utcnow
from app.mailhub.incoming import IncomingMail, StoredMessage
from app.mailhub.services import store_messages
from app.models import EmailAccount

_numbers = count(1)


def incoming(**over: Any) -> IncomingMail:
    """An inbound text mail of a person."""
    number = next(_numbers)
    at: datetime = over.pop("at", None) or utcnow()
    text = over.pop("text", f"This is mail {number}.")
    values: dict[str, Any] = {
        "provider_key": f"key-{number}",
        "message_id": f"id{number}@example.test",
        "direction": "in",
        "kind": "human",
        "from_name": "Lea Lead",
        "from_email": "lea@example.test",
        "subject": f"Subject {number}",
        "at": at,
        "date_header": at,
        "to": [{"name": "Sam", "email": "sam@sandbox.test"}],
        "snippet": text[:200],
        "body_text": text,
        "reply_text": text,
    }
    return IncomingMail(**{**values, **over})


def make_message(account: EmailAccount, **over: Any) -> StoredMessage:
    """One stored message with its thread and boxes."""
    return store_messages(account.id, [incoming(**over)])[0]
