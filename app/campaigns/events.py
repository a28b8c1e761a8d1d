"""What the campaigns room tells the rooms above it and the activity log."""

from dataclasses import asdict, dataclass
from typing import Any

ActivityRow = tuple[str, tuple[str, int], dict[str, Any]]


class _OfCampaign:
    """What the activity log shows of an event: campaigns.launched, campaigns.paused …"""

    campaign_id: int

    def activity(self) -> ActivityRow:
        """Kind, subject and the other values of the event."""
        kind = type(self).__name__.removeprefix("Campaign").lower()
        data = {k: v for k, v in asdict(self).items() if k != "campaign_id"}  # type: ignore[call-overload]
        return f"campaigns.{kind}", ("campaign", self.campaign_id), data


@dataclass(frozen=True)
class CampaignLaunched(_OfCampaign):
    """A person launched it, for the first time or after a pause."""

    campaign_id: int
    resumed: bool = False


@dataclass(frozen=True)
class CampaignPaused(_OfCampaign):
    """Nothing of it leaves any more until somebody resumes it."""

    campaign_id: int
    reason: str = ""


@dataclass(frozen=True)
class CampaignCompleted(_OfCampaign):
    """No lead of it is left that could still be written to."""

    campaign_id: int
