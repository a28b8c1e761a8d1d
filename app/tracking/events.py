"""What tracking tells the rooms above it, each within its workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OpenRecorded:
    """A pixel was asked for. `verdict`: human | proxy | bot | unknown; proxy counts as a person."""

    outbox_id: int
    campaign_id: int | None
    campaign_lead_id: int | None
    lead_id: int | None
    at: datetime
    verdict: str

    @property
    def is_human(self) -> bool:
        return self.verdict in {"human", "proxy"}


@dataclass(frozen=True)
class ClickRecorded:
    """A link was followed."""

    outbox_id: int
    campaign_id: int | None
    campaign_lead_id: int | None
    lead_id: int | None
    link_id: int | None
    at: datetime
    verdict: str

    @property
    def is_human(self) -> bool:
        return self.verdict in {"human", "proxy"}


@dataclass(frozen=True)
class UnsubscribeRequested:
    """A person asked not to be written to again; the address is suppressed already."""

    outbox_id: int
    campaign_id: int | None
    campaign_lead_id: int | None
    lead_id: int | None
    email: str
    at: datetime
    verdict: str = "human"
