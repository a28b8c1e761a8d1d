"""What the campaigns room tells the rooms above it and the activity log."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CampaignLaunched:
    """A person launched it, for the first time or after a pause."""

    campaign_id: int
    resumed: bool = False


@dataclass(frozen=True)
class CampaignPaused:
    """Nothing of it leaves any more until somebody resumes it."""

    campaign_id: int
    reason: str = ""


@dataclass(frozen=True)
class CampaignCompleted:
    """No lead of it is left that could still be written to."""

    campaign_id: int
