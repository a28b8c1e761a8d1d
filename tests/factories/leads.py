"""Leads of the current workspace."""

from itertools import count
from typing import Any

from app.core.db import db
from app.models import Lead

_numbers = count(1)


def make_lead(email: str | None = None, **over: Any) -> Lead:
    """A lead with a first name and a company."""
    email = email or f"lead{next(_numbers)}@example.test"
    values: dict[str, Any] = {
        "email": email,
        "domain": email.rpartition("@")[2],
        "first_name": "Lea",
        "company": "Example Ltd",
    }
    lead = Lead(**{**values, **over})
    db.session.add(lead)
    db.session.flush()
    return lead
