"""Outbox rows of the current workspace."""

from itertools import count
from typing import Any

from app.core.clock import utcnow
from app.core.db import db
from app.models import EmailAccount, Outbox

_numbers = count(1)


def make_outbox(account: EmailAccount, **over: Any) -> Outbox:
    """A queued manual mail, due now."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "kind": "manual",
        "account_id": account.id,
        "message_id": f"m{number}@sandbox.test",
        "to_email": f"lead{number}@example.test",
        "subject": "Hello",
        "body_html": "<p>Hello</p>",
        "body_text": "Hello",
        "send_at": utcnow(),
        "priority": 10,
    }
    row = Outbox(**{**values, **over})
    db.session.add(row)
    db.session.flush()
    return row
