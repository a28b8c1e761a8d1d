"""What the planner needs to know, read so that cost follows the slots to fill, never the leads.

Two partial indexes carry it: waiting leads of an account in a campaign by due time, and new leads
of a campaign by due time. The states stand in the statements as literals, so that a prepared
statement can still use those indexes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from app.campaigns.policies.planner import AccountState
from app.campaigns.policies.schedule import day_bounds, zone_or_utc
from app.core.db import db
from app.models import (
    AccountDay,
    Campaign,
    CampaignDay,
    CampaignLead,
    EmailAccount,
    Lead,
    Outbox,
    Step,
)
from app.sending.policies import day_limit, local_day

IS_WAITING = CampaignLead.state == sa.literal_column("'waiting'")
IS_NEW = CampaignLead.step_position == sa.literal_column("1")
IS_FOLLOW_UP = CampaignLead.step_position > sa.literal_column("1")


def workspaces_to_plan(now: datetime) -> list[int]:
    """Workspaces with an active campaign; needs `unscoped`."""
    statement = sa.select(Campaign.workspace_id).where(
        Campaign.status == "active", Campaign.deleted_at.is_(None)
    )
    return sorted(set(db.session.scalars(statement.distinct())))


def active_campaigns() -> list[Campaign]:
    """Campaigns that are running, the oldest first."""
    statement = sa.select(Campaign).where(
        Campaign.status == "active", Campaign.deleted_at.is_(None)
    )
    return list(db.session.scalars(statement.order_by(Campaign.id)))


def steps_by_campaign(campaign_ids: Iterable[int]) -> dict[int, list[Step]]:
    """The sequences of several campaigns."""
    found: dict[int, list[Step]] = {}
    statement = sa.select(Step).where(Step.campaign_id.in_(list(campaign_ids)))
    for step in db.session.scalars(statement.order_by(Step.campaign_id, Step.position, Step.id)):
        found.setdefault(step.campaign_id, []).append(step)
    return found


def sent_on(days: Mapping[int, date]) -> dict[int, tuple[int, int]]:
    """(mails sent, leads contacted) of each campaign on its given day."""
    if not days:
        return {}
    keys = sa.tuple_(CampaignDay.campaign_id, CampaignDay.day)
    statement = sa.select(CampaignDay).where(keys.in_(list(days.items())))
    return {row.campaign_id: (row.sent, row.contacted) for row in db.session.scalars(statement)}


def on_their_way(campaign_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """(mails queued, of these first mails) by campaign: planned, not yet counted as sent."""
    first = sa.func.count().filter(CampaignLead.first_sent_at.is_(None))
    statement = (
        sa.select(CampaignLead.campaign_id, sa.func.count(), first)
        .where(CampaignLead.campaign_id.in_(list(campaign_ids)), CampaignLead.state == "queued")
        .group_by(CampaignLead.campaign_id)
    )
    return {row[0]: (row[1], row[2]) for row in db.session.execute(statement)}


# Columns, not rows: whole accounts carry credentials, which nobody should decrypt for this.
_ACCOUNT_COLUMNS = (
    EmailAccount.id,
    EmailAccount.status,
    EmailAccount.time_zone,
    EmailAccount.connected_at,
    EmailAccount.daily_limit,
    EmailAccount.ramp_enabled,
    EmailAccount.ramp_start,
    EmailAccount.ramp_step,
    EmailAccount.gap_seconds,
    EmailAccount.gap_jitter_seconds,
    EmailAccount.next_slot_at,
    EmailAccount.retry_at,
)


def account_states(now: datetime, account_ids: Iterable[int] | None = None) -> list[AccountState]:
    """Every account of the workspace (or the given ones) as the planner sees it."""
    statement = sa.select(*_ACCOUNT_COLUMNS).where(EmailAccount.removed_at.is_(None))
    if account_ids is not None:
        statement = statement.where(EmailAccount.id.in_(list(account_ids)))
    accounts = list(db.session.execute(statement))
    claimed = _claimed_today(accounts, now)
    queued = _queued_now([a.id for a in accounts])
    return [_account_state(a, claimed.get(a.id, 0), queued.get(a.id, 0), now) for a in accounts]


def _account_state(account: Any, claimed: int, queued: int, now: datetime) -> AccountState:
    """One account: when its next slot is, what its limit leaves, whether it can send at all.

    What is queued takes a gap each to leave, so an account that lags is given nothing more.
    """
    ramp = (account.ramp_enabled, account.ramp_start, account.ramp_step)
    today = local_day(now, account.time_zone)
    limit = day_limit(
        account.daily_limit, ramp, local_day(account.connected_at, account.time_zone), today
    )
    empty_at = now + timedelta(seconds=queued * account.gap_seconds) if queued else None
    slots = [at for at in (account.next_slot_at, account.retry_at, empty_at) if at is not None]
    return AccountState(
        id=account.id,
        next_slot_at=max(slots) if slots else None,
        gap_seconds=account.gap_seconds,
        jitter_seconds=account.gap_jitter_seconds,
        left_today=max(0, limit - claimed - queued),
        can_send=account.status == "connected",
        limit_resets_at=day_bounds(zone_or_utc(account.time_zone), now)[1],
    )


def _claimed_today(accounts: Sequence[Any], now: datetime) -> dict[int, int]:
    """Campaign mails each account has claimed on its own today."""
    if not accounts:
        return {}
    days = [(a.id, local_day(now, a.time_zone)) for a in accounts]
    keys = sa.tuple_(AccountDay.account_id, AccountDay.day)
    statement = sa.select(AccountDay.account_id, AccountDay.campaign_claimed).where(keys.in_(days))
    return {row[0]: row[1] for row in db.session.execute(statement)}


def _queued_now(account_ids: Sequence[int]) -> dict[int, int]:
    """Campaign mails that wait in the outbox of each account."""
    statement = (
        sa.select(Outbox.account_id, sa.func.count())
        .where(Outbox.account_id.in_(account_ids), Outbox.state == sa.literal_column("'queued'"))
        .where(Outbox.kind == "campaign")
        .group_by(Outbox.account_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def _table(name: str, **columns: list[int]) -> sa.TableValuedAlias:
    """Lists as a table: three parameters however long they are."""
    arrays = [sa.cast(values, ARRAY(sa.BigInteger)) for values in columns.values()]
    return sa.func.unnest(*arrays).table_valued(*columns, name=name).render_derived()


def due_follow_ups(
    room: Sequence[tuple[int, int, int]],
    until: datetime,
    unready: Iterable[tuple[int, int]] = (),
) -> list[int]:
    """Ids of waiting follow-ups: for each (account, campaign, how many) the longest due.

    `unready` names steps (campaign, position) that cannot be sent yet.
    """
    if not room:
        return []
    accounts, campaigns, sizes = (list(column) for column in zip(*room, strict=True))
    pair = _table("pair", account_id=accounts, campaign_id=campaigns, size=sizes)
    due = (
        sa.select(CampaignLead.id)
        .where(CampaignLead.account_id == pair.c.account_id)
        .where(CampaignLead.campaign_id == pair.c.campaign_id)
        .where(IS_WAITING, IS_FOLLOW_UP, CampaignLead.due_at <= until, *_ready(unready))
        .order_by(CampaignLead.due_at, CampaignLead.id)
        .limit(pair.c.size)
        .lateral("due")
    )
    return list(db.session.scalars(sa.select(due.c.id).select_from(pair).join(due, sa.true())))


def _ready(unready: Iterable[tuple[int, int]]) -> list[sa.ColumnElement[bool]]:
    """The next step is none of these (campaign, position)."""
    places = list(unready)
    step = sa.tuple_(CampaignLead.campaign_id, CampaignLead.step_position)
    return [step.notin_(places)] if places else []


def due_new_leads(room: Sequence[tuple[int, int]], until: datetime) -> list[int]:
    """Ids of waiting new leads: for each (campaign, how many) the longest due."""
    if not room:
        return []
    campaigns, sizes = (list(column) for column in zip(*room, strict=True))
    pair = _table("pair", campaign_id=campaigns, size=sizes)
    due = (
        sa.select(CampaignLead.id)
        .where(CampaignLead.campaign_id == pair.c.campaign_id)
        .where(IS_WAITING, IS_NEW, CampaignLead.due_at <= until)
        .order_by(CampaignLead.due_at, CampaignLead.id)
        .limit(pair.c.size)
        .lateral("due")
    )
    return list(db.session.scalars(sa.select(due.c.id).select_from(pair).join(due, sa.true())))


def lock_waiting(ids: Sequence[int]) -> list[Any]:
    """Those of these leads that still wait and that nobody else holds, with all a mail needs."""
    columns = (
        CampaignLead.id,
        CampaignLead.campaign_id,
        CampaignLead.lead_id,
        CampaignLead.account_id,
        CampaignLead.step_position,
        CampaignLead.due_at,
        CampaignLead.first_sent_at,
        CampaignLead.thread_subject,
        CampaignLead.last_message_id,
        CampaignLead.references,
        Lead.email,
        Lead.first_name,
        Lead.last_name,
        Lead.company,
        Lead.title,
        Lead.phone,
        Lead.website,
        Lead.time_zone,
        Lead.custom,
    )
    statement = (
        sa.select(*columns)
        .join(Lead, Lead.id == CampaignLead.lead_id)
        .where(CampaignLead.id.in_(ids), CampaignLead.state == "waiting")
        .with_for_update(of=CampaignLead, skip_locked=True)
    )
    return list(db.session.execute(statement))


def ended_mails(ids: Iterable[int]) -> list[Any]:
    """(id, state) of those of these mails that were queued before and do not leave by themselves.

    What was sent and not told yet is left out: the news moves its lead.
    """
    told = sa.and_(Outbox.state == "sent", ~Outbox.announce_due)
    statement = sa.select(Outbox.id, Outbox.state).where(
        Outbox.id.in_(list(ids)), sa.or_(told, Outbox.state.in_(["held", "failed"]))
    )
    return list(db.session.execute(statement))


def peek_waiting(ids: Sequence[int]) -> list[Any]:
    """The same leads without locks, with what an explanation needs."""
    statement = (
        sa.select(
            CampaignLead.id,
            CampaignLead.due_at,
            CampaignLead.account_id,
            CampaignLead.first_sent_at,
            Lead.time_zone,
        )
        .join(Lead, Lead.id == CampaignLead.lead_id)
        .where(CampaignLead.id.in_(ids), CampaignLead.state == "waiting")
    )
    return list(db.session.execute(statement))


def next_due_at(campaign_id: int, unready: Iterable[int] = ()) -> datetime | None:
    """When the next waiting lead of the campaign is due, but for steps that cannot be sent yet."""
    statement = sa.select(sa.func.min(CampaignLead.due_at)).where(
        CampaignLead.campaign_id == campaign_id,
        IS_WAITING,
        *_ready((campaign_id, position) for position in unready),
    )
    return db.session.scalar(statement)


def is_finished(campaign_id: int) -> bool:
    """Whether nobody is left whom the campaign could still write to, and somebody was there."""
    of_campaign = sa.select(CampaignLead.id).where(CampaignLead.campaign_id == campaign_id)
    live = of_campaign.where(CampaignLead.state.in_(["waiting", "queued", "paused", "held"]))
    statement = sa.select(sa.exists(of_campaign), sa.exists(live))
    anybody, somebody_left = db.session.execute(statement).one()
    return bool(anybody and not somebody_left)
