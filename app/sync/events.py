"""What sync tells the rooms above it, in the transaction that stored the mail."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class _Arrived:
    """A new inbound mail. The ids of our own mail and its lead are None when nothing matched."""

    message_id: int  # the row in `message`
    thread_id: int
    account_id: int
    kind: str  # human | out_of_office | auto | bounce | complaint | list | invite
    at: datetime
    from_email: str
    outbox_id: int | None
    campaign_id: int | None
    campaign_lead_id: int | None
    lead_id: int | None
    method: str  # references | token | thread | address | report | report_recipient
    confidence: float


@dataclass(frozen=True)
class MessageReceived(_Arrived):
    """Any new inbound mail."""


@dataclass(frozen=True)
class ReplyReceived(_Arrived):
    """A person answered a mail of ours."""


@dataclass(frozen=True)
class AutoReplyReceived(_Arrived):
    """A machine answered a mail of ours; `return_on` when it says when the person is back."""

    return_on: date | None = None
    left_company: bool = False


@dataclass(frozen=True)
class BounceReceived(_Arrived):
    """A mail of ours came back. `severity`: hard | soft | block."""

    recipient: str = ""
    severity: str = "soft"
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True)
class ComplaintReceived(_Arrived):
    """A recipient pressed "spam", and the provider says so."""

    recipient: str = ""
