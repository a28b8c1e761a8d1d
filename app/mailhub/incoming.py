"""The values sync hands to `store_messages`: one mail, read, classified and matched."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Spot:
    """Where a mail was seen on the server."""

    folder_id: int
    uidvalidity: int
    uid: int


@dataclass(frozen=True)
class Link:
    """The mail of ours that this one is, or answers; how that was found and how sure it is."""

    outbox_id: int | None
    campaign_id: int | None
    campaign_lead_id: int | None
    lead_id: int | None
    method: str
    confidence: float


@dataclass(frozen=True)
class IncomingAttachment:
    """A file of a mail; its bytes stay in the raw mail."""

    part: str
    filename: str
    content_type: str
    size: int
    content_id: str
    is_inline: bool


@dataclass(frozen=True)
class IncomingMail:
    """One mail as the mailhub stores it. `direction`: in | out."""

    provider_key: str
    message_id: str
    direction: str
    kind: str
    from_name: str
    from_email: str
    subject: str
    at: datetime
    date_header: datetime | None = None
    state: str = "stored"
    references: list[str] = field(default_factory=list)
    in_reply_to: str = ""
    to: list[dict[str, Any]] = field(default_factory=list)
    cc: list[dict[str, Any]] = field(default_factory=list)
    reply_to: list[dict[str, Any]] = field(default_factory=list)
    snippet: str = ""
    body_text: str = ""
    reply_text: str = ""
    body_html: str = ""
    has_remote_images: bool = False
    raw_blob: str | None = None
    size: int = 0
    is_seen: bool = False
    is_flagged: bool = False
    attachments: list[IncomingAttachment] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    parser_version: int = 1
    spot: Spot | None = None
    link: Link | None = None

    @property
    def related_ids(self) -> list[str]:
        """Every id this mail continues, nearest last."""
        ids = [*self.references, *([self.in_reply_to] if self.in_reply_to else [])]
        return [one for one in dict.fromkeys(ids) if one != self.message_id]


@dataclass(frozen=True)
class StoredMessage:
    """What became of one mail: its row and thread, and whether it was new."""

    id: int
    thread_id: int
    is_new: bool
    mail: IncomingMail


def provider_key(*, message_id: str, from_email: str, account_email: str, date: str) -> str:
    """The identity of a mail within its account, the same in whatever folder it is seen.

    Mail of our own is known by its Message-ID, which we made. Foreign ids may be reused or forged
    by others, so there the sender and the Date header are part of the identity.
    """
    parts = [message_id, from_email]
    if from_email != account_email.lower():
        parts.append(date)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
