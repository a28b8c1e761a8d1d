"""One tick of a workspace: due leads → plan → campaign leads advance, outbox rows exist.

The caller's transaction holds all of it. A lock per workspace makes the planner single, locked
rows are skipped, and the conditional update makes a second run find nothing to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from app.campaigns.events import CampaignCompleted
from app.campaigns.policies.delays import delay_of
from app.campaigns.policies.planner import (
    HORIZON,
    AccountState,
    CampaignState,
    DueLead,
    Jitter,
    Slot,
    State,
    plan,
)
from app.campaigns.policies.reasons import Reason, Wait
from app.campaigns.policies.schedule import Schedule, next_open_of, open_until, zone_or_utc
from app.campaigns.queries import campaigns as reads
from app.campaigns.queries import planning as due
from app.campaigns.services import moves
from app.core.db import db
from app.core.events import publish
from app.core.tenancy import require_workspace_id
from app.leads.queries import suppressed_emails
from app.models import Campaign, CampaignLead, EmailAccount, Step
from app.sending.services import OutgoingMail, queue_mails

#: Slots one tick fills at most; the next tick comes in seconds.
MAX_SLOTS = 1_000
#: Of one account in one tick: sandbox accounts know no gap.
MAX_PER_ACCOUNT = 200


@dataclass(frozen=True)
class Running:
    """An active campaign with all the planner needs of it."""

    campaign: Campaign
    schedule: Schedule
    steps: list[Step]
    state: CampaignState


def plan_workspace(now: datetime, jitter: Jitter) -> int:
    """Queue the mails of the next minute; how many. Safe to run twice and side by side."""
    if not due.take_planning_lock(require_workspace_id()):
        return 0
    moves.resume_after_pause(now)
    running = running_campaigns(now)
    _complete_finished(running, now)
    open_now = [r for r in running if r.steps and opens_within_horizon(r, now)]
    if not open_now:
        return 0
    accounts = due.account_states(now)
    rows = due.lock_waiting(candidates(open_now, accounts, now))
    by_id = {r.campaign.id: r for r in open_now}
    rows = _without_strays(rows, by_id)
    if not rows:
        return 0
    leads = [due_lead(row, by_id[row.campaign_id]) for row in rows]
    state = State([r.state for r in open_now], accounts, leads)
    result = plan(now, state, jitter)
    slots = [entry for entry in result if isinstance(entry, Slot)]
    _queue(slots, {row.id: row for row in rows}, by_id)
    _put_off([entry for entry in result if isinstance(entry, Wait)])
    return len(slots)


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


def candidates(
    running: Sequence[Running], accounts: Sequence[AccountState], now: datetime
) -> list[int]:
    """Ids of leads worth planning: per account and campaign no more than there are slots for."""
    until = now + HORIZON
    room = {a.id: size for a in accounts if (size := _room(a, now, until))}
    follow_ups = due.due_follow_ups(
        [(a, r.campaign.id, size) for r in running for a, size in room.items()], until
    )
    new = []
    for r in running:
        size = sum(room.get(account_id, 0) for account_id in r.state.account_ids)
        caps = [cap for cap in (r.state.left_today, r.state.new_left_today) if cap is not None]
        size = min([size, MAX_SLOTS, *caps])
        if size > 0:
            new.append((r.campaign.id, size))
    return [*follow_ups[:MAX_SLOTS], *due.due_new_leads(new, until)[:MAX_SLOTS]]


def _room(account: AccountState, now: datetime, until: datetime) -> int:
    """How many slots an account may have before the horizon."""
    first = max(now, account.next_slot_at or now)
    if not account.can_send or account.left_today <= 0 or first > until:
        return 0
    fit = int((until - first).total_seconds() / max(account.gap_seconds, 0.2)) + 1
    return min(fit, account.left_today, MAX_PER_ACCOUNT)


def due_lead(row: Any, running: Running) -> DueLead:
    """A row of the database as the planner sees it."""
    return DueLead(
        row.id,
        running.campaign.id,
        row.due_at,
        row.account_id,
        is_new=row.first_sent_at is None,
        zone=own_zone(running, row.time_zone),
    )


def own_zone(running: Running, time_zone: str) -> ZoneInfo | None:
    """The lead's own zone, where the campaign asks for it and the lead has one."""
    asks = running.campaign.use_lead_time_zone and time_zone
    return zone_or_utc(time_zone) if asks else None


def _without_strays(rows: Sequence[Any], running: dict[int, Running]) -> list[Any]:
    """Leads that may not or need not be written to are moved on; the rest."""
    blocked = suppressed_emails(row.email for row in rows)
    stop = [row.id for row in rows if row.email in blocked]
    over = [
        row.id
        for row in rows
        if row.id not in stop and row.step_position > len(running[row.campaign_id].steps)
    ]
    moves.move(stop, "stopped", out_of=("waiting",), reason="On the do-not-contact list")
    moves.move(over, "completed", out_of=("waiting",), due_at=None)
    gone = {*stop, *over}
    return [row for row in rows if row.id not in gone]


def _queue(slots: Sequence[Slot], rows: dict[int, Any], running: dict[int, Running]) -> None:
    """Leads become queued, outbox rows exist, accounts' next slots move on."""
    if not slots:
        return
    _set_queued(slots)
    ids = queue_mails(_mail(slot, rows[slot.lead_id], running) for slot in slots)
    by_mail = dict(zip(ids, slots, strict=True))
    for mail in due.ended_mails(by_mail):
        slot = by_mail[mail.id]
        _settle_known(mail.state, slot, rows[slot.lead_id], running)
    _move_slots(slots)


def _settle_known(state: str, slot: Slot, row: Any, running: dict[int, Running]) -> None:
    """A lead whose mail of this step is in the outbox already and does not leave by itself."""
    if state != "sent":
        reason = "The mail of this step needs a decision in the Outbox"
        moves.move([slot.lead_id], "held", out_of=("queued",), reason=reason)
        return
    following = running[row.campaign_id].steps[row.step_position : row.step_position + 1]
    wait = [delay_of(step.delay_amount, step.delay_unit) for step in following]  # type: ignore[arg-type]
    moves.move(
        [slot.lead_id],
        "waiting",
        out_of=("queued",),
        step_position=row.step_position + 1,
        due_at=slot.send_at + sum(wait, timedelta()),
    )


def _set_queued(slots: Sequence[Slot]) -> None:
    """All planned leads at once."""
    moved = _pairs(
        "moved", [s.lead_id for s in slots], [s.account_id for s in slots], sa.BigInteger
    )
    db.session.execute(
        sa.update(CampaignLead)
        .where(CampaignLead.id == moved.c.id)
        .values(state="queued", account_id=moved.c.value, state_changed_at=sa.func.now())
        .execution_options(synchronize_session=False)
    )


def _move_slots(slots: Sequence[Slot]) -> None:
    """No campaign mail of these accounts before their next slot."""
    last: dict[int, datetime] = {}
    for slot in slots:
        last[slot.account_id] = max(slot.next_slot_at, last.get(slot.account_id, slot.next_slot_at))
    ids = sorted(last)
    moved = _pairs("moved", ids, [last[i] for i in ids], sa.DateTime(timezone=True))
    # owner: the next slot is the planner's own mark on the account
    db.session.execute(
        sa.update(EmailAccount)
        .where(EmailAccount.id == moved.c.id)
        .values(next_slot_at=moved.c.value)
        .execution_options(synchronize_session=False)
    )


def _pairs(name: str, ids: list[int], values: list[Any], kind: Any) -> sa.TableValuedAlias:
    """Ids and values as a table of two array parameters."""
    columns = (sa.column("id", sa.BigInteger), sa.column("value", kind))
    arrays = (sa.cast(ids, ARRAY(sa.BigInteger)), sa.cast(values, ARRAY(kind)))
    return sa.func.unnest(*arrays).table_valued(*columns, name=name).render_derived()


def _mail(slot: Slot, row: Any, running: dict[int, Running]) -> OutgoingMail:
    """The outbox row of one slot; a step without a subject goes on in the thread."""
    run = running[row.campaign_id]
    step = run.steps[row.step_position - 1]
    in_thread = bool(row.last_message_id) and not step.subject.strip()
    zone = own_zone(run, row.time_zone)
    return OutgoingMail(
        account_id=slot.account_id,
        to_email=row.email,
        to_name=f"{row.first_name} {row.last_name}".strip(),
        intent=f"campaign-lead:{row.id}:step:{step.id}",
        campaign_id=row.campaign_id,
        campaign_lead_id=row.id,
        step_id=step.id,
        lead_id=row.lead_id,
        send_at=slot.send_at,
        expires_at=open_until(run.schedule, slot.send_at, zone),
        subject=_reply_subject(row.thread_subject) if in_thread else "",
        in_reply_to=row.last_message_id if in_thread else "",
        references=row.references if in_thread else (),
        variables=variables(row),
        options=options(run.campaign),
    )


def _reply_subject(subject: str) -> str:
    """'Re: …' once, however often the thread is answered."""
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}"


def variables(row: Any) -> dict[str, Any]:
    """What the text of a mail may use of its lead; own fields win over custom ones."""
    names = ("email", "first_name", "last_name", "company", "title", "phone", "website")
    return {**row.custom, **{name: getattr(row, name) for name in names}}


def options(campaign: Campaign) -> dict[str, Any]:
    """How the mails of a campaign are measured and can be refused."""
    return {
        "track_opens": campaign.track_opens,
        "track_clicks": campaign.track_clicks,
        "unsubscribe": "header" if campaign.unsubscribe_header else "",
    }


def _put_off(waits: Sequence[Wait]) -> None:
    """Leads whose own window is closed are due when it opens, so they block nobody else."""
    late = [w for w in waits if w.reason is Reason.WINDOW_CLOSED and w.until is not None]
    if not late:
        return
    moved = _pairs(
        "moved", [w.lead_id for w in late], [w.until for w in late], sa.DateTime(timezone=True)
    )
    db.session.execute(
        sa.update(CampaignLead)
        .where(CampaignLead.id == moved.c.id)
        .values(due_at=moved.c.value)
        .execution_options(synchronize_session=False)
    )


def _complete_finished(running: list[Running], now: datetime) -> None:
    """Campaigns in which nobody is left to write to are completed."""
    for entry in list(running):
        campaign = entry.campaign
        if campaign.leads_count and due.is_finished(campaign.id):
            campaign.status, campaign.completed_at = "completed", now
            db.session.flush()
            publish(CampaignCompleted(campaign.id))
            running.remove(entry)
