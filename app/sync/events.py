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
    """A machine answered a mail of ours; `returns_on` when it says when the person is back."""

    returns_on: date | None = None
    left_company: bool = False


@dataclass(frozen=True)
class BounceReceived(_Arrived):
    """A mail of ours came back. `severity`: hard | soft | block."""

    email: str = ""  # the recipient that failed
    severity: str = "soft"
    status: str = ""
    reason: str = ""  # the server's own words

    @property
    def is_hard(self) -> bool:
        """The address is dead, as far as its server is concerned."""
        return self.severity == "hard"


@dataclass(frozen=True)
class ComplaintReceived(_Arrived):
    """A recipient pressed "spam", and the provider says so."""

    email: str = ""
