"""Campaigns with their steps, windows and senders."""

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.campaigns.policies.schedule import Schedule, Window, merge_windows, zone_or_utc
from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, keyset_page
from app.models import (
    Campaign,
    CampaignAccount,
    CampaignDay,
    CampaignLead,
    EmailAccount,
    SendingWindow,
    Step,
    User,
)

STATUSES = ("draft", "active", "paused", "completed", "archived")
#: States in which a campaign lead can still be written to.
LIVE_STATES = ("waiting", "queued", "paused", "held")


def get_campaign(campaign_id: int) -> Campaign:
    """Errors: NotFound."""
    statement = sa.select(Campaign).where(Campaign.id == campaign_id, Campaign.deleted_at.is_(None))
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound("This campaign does not exist.")
    return found


def list_campaigns(
    *, status: str = "", search: str = "", cursor: str | None = None, limit: int = 50
) -> Page[Campaign]:
    """Campaigns, the newest first; archived ones only when asked for."""
    statement = sa.select(Campaign).where(Campaign.deleted_at.is_(None))
    if status in STATUSES:
        statement = statement.where(Campaign.status == status)
    else:
        statement = statement.where(Campaign.status != "archived")
    for word in search.split()[:6]:
        statement = statement.where(Campaign.name.icontains(word, autoescape=True))
    return keyset_page(statement, (Campaign.created_at, Campaign.id), cursor, limit=limit)


def has_campaigns() -> bool:
    """Whether the workspace has any, archived ones too."""
    statement = sa.select(sa.exists(sa.select(Campaign.id).where(Campaign.deleted_at.is_(None))))
    return db.session.scalar(statement) or False


def steps_of(campaign_id: int) -> list[Step]:
    """The sequence in order."""
    statement = sa.select(Step).where(Step.campaign_id == campaign_id)
    return list(db.session.scalars(statement.order_by(Step.position, Step.id)))


def get_step(campaign_id: int, step_id: int) -> Step:
    """Errors: NotFound."""
    statement = sa.select(Step).where(Step.id == step_id, Step.campaign_id == campaign_id)
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound("This step does not exist any more.")
    return found


def step_counts(campaign_ids: Iterable[int]) -> dict[int, int]:
    """Number of steps by campaign."""
    statement = (
        sa.select(Step.campaign_id, sa.func.count())
        .where(Step.campaign_id.in_(list(campaign_ids)))
        .group_by(Step.campaign_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def replies_by_day(campaigns: Iterable[Campaign], days: int = 14) -> dict[int, list[int]]:
    """Replies on each of the last days up to today in the campaign's own zone, by campaign."""
    now = utcnow()
    today = {c.id: now.astimezone(zone_of(c)).date() for c in campaigns}
    found = {campaign_id: [0] * days for campaign_id in today}
    statement = sa.select(CampaignDay.campaign_id, CampaignDay.day, CampaignDay.replied).where(
        CampaignDay.campaign_id.in_(today), CampaignDay.day >= now.date() - timedelta(days=days)
    )
    for campaign_id, day, replied in db.session.execute(statement):
        ago = (today[campaign_id] - day).days
        if 0 <= ago < days:
            found[campaign_id][days - 1 - ago] = replied
    return found


def windows_of(campaign_ids: Iterable[int]) -> dict[int, tuple[Window, ...]]:
    """The sending windows by campaign."""
    found: dict[int, list[Window]] = {}
    statement = sa.select(SendingWindow).where(SendingWindow.campaign_id.in_(list(campaign_ids)))
    for row in db.session.scalars(statement):
        window = Window(row.weekday, row.start_minute, row.end_minute)
        found.setdefault(row.campaign_id, []).append(window)
    return {campaign_id: merge_windows(windows) for campaign_id, windows in found.items()}


def schedule_of(campaign: Campaign, windows: tuple[Window, ...] | None = None) -> Schedule:
    """The campaign's schedule as the rules see it."""
    if windows is None:
        windows = windows_of([campaign.id]).get(campaign.id, ())
    zone = zone_of(campaign)
    starts_on = campaign.start_at.astimezone(zone).date() if campaign.start_at else None
    ends_on = campaign.end_at.astimezone(zone).date() if campaign.end_at else None
    return Schedule(windows, zone, starts_on, ends_on)


def zone_of(campaign: Campaign) -> ZoneInfo:
    """The campaign's own time zone."""
    return zone_or_utc(campaign.time_zone)


def sender_ids(campaign_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Ids of the sender accounts by campaign."""
    found: dict[int, list[int]] = {}
    statement = (
        sa.select(CampaignAccount.campaign_id, CampaignAccount.account_id)
        .where(CampaignAccount.campaign_id.in_(list(campaign_ids)))
        .order_by(CampaignAccount.account_id)
    )
    for campaign_id, account_id in db.session.execute(statement):
        found.setdefault(campaign_id, []).append(account_id)
    return {campaign_id: tuple(ids) for campaign_id, ids in found.items()}


def senders_of(campaign_id: int) -> list[EmailAccount]:
    """The sender accounts that still exist."""
    statement = (
        sa.select(EmailAccount)
        .join(CampaignAccount, CampaignAccount.account_id == EmailAccount.id)
        .where(CampaignAccount.campaign_id == campaign_id, EmailAccount.removed_at.is_(None))
        .order_by(EmailAccount.email)
    )
    return list(db.session.scalars(statement))


def owner_names(campaigns: Iterable[Campaign]) -> dict[int, str]:
    """Names (else addresses) of the owners by user id."""
    ids = {c.owner_id for c in campaigns if c.owner_id is not None}
    statement = sa.select(User.id, User.name, User.email).where(User.id.in_(ids))
    return {row.id: row.name or row.email for row in db.session.execute(statement)}


def live_count(campaign_id: int) -> int:
    """How many leads can still be written to."""
    statement = sa.select(sa.func.count()).where(
        CampaignLead.campaign_id == campaign_id, CampaignLead.state.in_(LIVE_STATES)
    )
    return db.session.scalar(statement) or 0


def has_live(campaign_id: int) -> bool:
    """Whether anybody can still be written to."""
    live = sa.select(CampaignLead.id).where(
        CampaignLead.campaign_id == campaign_id, CampaignLead.state.in_(LIVE_STATES)
    )
    return db.session.scalar(sa.select(sa.exists(live))) or False


def palette_campaigns(search: str, limit: int = 5) -> list[Campaign]:
    """Campaigns for the command palette."""
    return list_campaigns(search=search, limit=limit).items
