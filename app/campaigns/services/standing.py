"""Active campaigns as the planner sees them: schedule, steps, what today still allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.campaigns.policies.planner import HORIZON, CampaignState, DueLead
from app.campaigns.policies.readiness import unready
from app.campaigns.policies.schedule import Schedule, next_open_of, zone_or_utc
from app.campaigns.queries import campaigns as reads
from app.campaigns.queries import planning as due
from app.models import Campaign, Step


@dataclass(frozen=True)
class Running:
    """An active campaign with all the planner needs of it."""

    campaign: Campaign
    schedule: Schedule
    steps: list[Step]
    state: CampaignState

    @property
    def unready(self) -> set[int]:
        """Positions of steps that cannot be sent yet; their leads wait."""
        return {s.position for s in self.steps if unready(s.position, s.subject, s.body_html)}


def running_campaigns(now: datetime, only: Sequence[Campaign] | None = None) -> list[Running]:
    """The active campaigns (or the given ones) with their limits as they stand now."""
    found = due.active_campaigns() if only is None else list(only)
    ids = [c.id for c in found]
    windows, senders = reads.windows_of(ids), reads.sender_ids(ids)
    steps, queued = due.steps_by_campaign(ids), due.on_their_way(ids)
    schedules = {c.id: reads.schedule_of(c, windows.get(c.id, ())) for c in found}
    sent = due.sent_on({c.id: now.astimezone(schedules[c.id].zone).date() for c in found})
    return [
        Running(
            campaign,
            schedules[campaign.id],
            steps.get(campaign.id, []),
            CampaignState(
                campaign.id,
                schedules[campaign.id],
                senders.get(campaign.id, ()),
                _left(campaign.daily_cap, 0, sent, queued, campaign.id),
                _left(campaign.daily_new_cap, 1, sent, queued, campaign.id),
            ),
        )
        for campaign in found
    ]


def _left(
    cap: int | None,
    which: int,
    sent: dict[int, tuple[int, int]],
    queued: dict[int, tuple[int, int]],
    campaign_id: int,
) -> int | None:
    """What a daily cap leaves: neither sent today nor on its way (0: all mail, 1: new leads)."""
    if cap is None:
        return None
    return max(
        0, cap - sent.get(campaign_id, (0, 0))[which] - queued.get(campaign_id, (0, 0))[which]
    )


def opens_within_horizon(running: Running, now: datetime) -> bool:
    """Whether any of its mails could leave now; with the leads' own zones that is up to each."""
    if running.campaign.use_lead_time_zone:
        return True
    opens = next_open_of(running.schedule, now)
    return opens is not None and opens <= now + HORIZON


def due_lead(row: Any, time_zone: str, running: Running) -> DueLead:
    """A campaign lead as the planner sees it; `time_zone` is the lead's own.

    The first mail binds it to an account. One that was queued and taken back is free again.
    """
    is_new = row.first_sent_at is None
    return DueLead(
        row.id,
        running.campaign.id,
        row.due_at,
        None if is_new else row.account_id,
        is_new=is_new,
        zone=own_zone(running, time_zone),
    )


def own_zone(running: Running, time_zone: str) -> ZoneInfo | None:
    """The lead's own zone, where the campaign asks for it and the lead has one."""
    asks = running.campaign.use_lead_time_zone and time_zone
    return zone_or_utc(time_zone) if asks else None
