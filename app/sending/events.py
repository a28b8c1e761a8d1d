"""What sending tells the rooms above it, in batches and each thing once.

The truth is the outbox row; these are published in the transaction that takes the row's
`announce_due` mark away, so a crash repeats the announcement instead of losing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class MailNote:
    """One outbox row as others need to know it. `at` is when it was sent, or when it happened."""

    outbox_id: int
    kind: str  # campaign | manual | test
    account_id: int
    campaign_id: int | None
    campaign_lead_id: int | None
    step_id: int | None
    lead_id: int | None
    thread_id: int | None
    to_email: str
    subject: str  # as it left
    message_id: str  # without angle brackets
    provider_message_id: str | None
    in_reply_to: str
    references: tuple[str, ...]
    at: datetime
    family: str = ""  # address | soft | block | auth | unknown | missing_variable | content | …
    reason: str = ""  # a sentence for people, often the server's own words

    @property
    def sent_at(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class MailSent:
    """These mails were taken by their servers."""

    mails: tuple[MailNote, ...]


@dataclass(frozen=True)
class MailFailed:
    """These will not be sent. Family `address` means that the recipient bounced."""

    mails: tuple[MailNote, ...]


@dataclass(frozen=True)
class MailHeld:
    """These wait for a person: a missing variable, an unclear answer, no evidence after a crash."""

    mails: tuple[MailNote, ...]


@dataclass(frozen=True)
class MailCancelled:
    """Sending itself dropped these before any byte left: family suppressed | expired | removed."""

    mails: tuple[MailNote, ...]
