"""A campaign as people set it up: name, senders, rules, schedule."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.campaigns.policies.schedule import OFFICE_HOURS, Window, to_instant
from app.campaigns.queries.planner_lock import wait_for_planner
from app.campaigns.schemas import ScheduleInput, SettingsInput
from app.campaigns.services.running import refuse_unverified, take_back_queued
from app.core.db import db
from app.core.errors import Invalid
from app.core.jobs import enqueue
from app.core.tenancy import require_workspace_id
from app.models import Campaign, CampaignAccount, EmailAccount, SendingWindow, Step


def create_campaign(*, name: str, owner_id: int | None, time_zone: str = "UTC") -> Campaign:
    """A draft with office hours, one empty step and every connected account as a sender."""
    campaign = Campaign(name=name, owner_id=owner_id, time_zone=time_zone)
    db.session.add(campaign)
    db.session.flush()
    db.session.add(Step(campaign_id=campaign.id, position=1))
    _set_windows(campaign, OFFICE_HOURS)
    connected = sa.select(EmailAccount.id).where(
        EmailAccount.status == "connected", EmailAccount.removed_at.is_(None)
    )
    _set_senders(campaign, list(db.session.scalars(connected)))
    return campaign


def rename_campaign(campaign: Campaign, name: str) -> None:
    """Another name."""
    campaign.name = name


def update_schedule(campaign: Campaign, form: ScheduleInput) -> None:
    """Windows, zone, days and caps. A running campaign follows at once."""
    wait_for_planner()
    zone = ZoneInfo(form.time_zone)
    campaign.time_zone = form.time_zone
    campaign.use_lead_time_zone = form.use_lead_time_zone
    campaign.start_at = _start_of(form.starts_on, zone)
    campaign.end_at = _end_of(form.ends_on, zone)
    campaign.daily_cap, campaign.daily_new_cap = form.daily_cap, form.daily_new_cap
    _set_windows(campaign, form.openings)
    _follow(campaign)


def _start_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The first instant of a local day."""
    return to_instant(datetime.combine(day, time.min), zone) if day else None


def _end_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The last second of a local day, so that it names the day in its own zone."""
    if day is None:
        return None
    after = to_instant(datetime.combine(day + timedelta(days=1), time.min), zone)
    return (after - timedelta(seconds=1)).astimezone(UTC)


def update_settings(campaign: Campaign, form: SettingsInput) -> None:
    """Name, senders and rules; leads keep the sender they have. Errors: Invalid, NotVerified."""
    wait_for_planner()
    known = set(
        db.session.scalars(sa.select(EmailAccount.id).where(EmailAccount.removed_at.is_(None)))
    )
    if not set(form.account_ids) <= known:
        raise Invalid({"account_ids": ["One of these accounts does not exist any more."]})
    if campaign.status == "active":
        refuse_unverified(form.account_ids)
    campaign.name = form.name
    campaign.track_opens, campaign.track_clicks = form.track_opens, form.track_clicks
    campaign.unsubscribe_header = form.unsubscribe_header
    campaign.stop_on_auto_reply = form.stop_on_auto_reply
    _set_senders(campaign, form.account_ids)
    _follow(campaign)


def _set_windows(campaign: Campaign, windows: tuple[Window, ...]) -> None:
    """Replace the windows."""
    db.session.execute(sa.delete(SendingWindow).where(SendingWindow.campaign_id == campaign.id))
    db.session.add_all(
        SendingWindow(
            campaign_id=campaign.id,
            weekday=w.weekday,
            start_minute=w.start,
            end_minute=w.end,
        )
        for w in windows
    )
    db.session.flush()


def _set_senders(campaign: Campaign, account_ids: list[int]) -> None:
    """Replace the sender accounts."""
    gone = sa.delete(CampaignAccount).where(CampaignAccount.campaign_id == campaign.id)
    db.session.execute(gone.where(CampaignAccount.account_id.notin_(account_ids)))
    if account_ids:
        rows = [
            {
                "workspace_id": require_workspace_id(),
                "campaign_id": campaign.id,
                "account_id": account_id,
            }
            for account_id in set(account_ids)
        ]
        db.session.execute(insert(CampaignAccount).values(rows).on_conflict_do_nothing())


def _follow(campaign: Campaign) -> None:
    """A running campaign takes back what is queued under the old rules and plans anew."""
    db.session.flush()
    db.session.refresh(campaign)  # it may have been launched while the planner was waited for
    if campaign.status == "active":
        take_back_queued(campaign.id, reason="rescheduled")
        enqueue("campaigns.plan", once=True)
