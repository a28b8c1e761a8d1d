"""Pages of campaigns: the list and the tabs of one campaign, by noun."""

from app.campaigns.views import campaigns, people, running, schedule, sequence, settings
from app.campaigns.views.blueprint import bp

__all__ = ["bp", "campaigns", "people", "running", "schedule", "sequence", "settings"]
