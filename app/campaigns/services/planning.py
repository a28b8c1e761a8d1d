"""One tick of a workspace: due leads → plan → campaign leads advance, outbox rows exist.

The caller's transaction holds all of it. A lock per workspace makes the planner single, locked
rows are skipped, and the conditional update makes a second run find nothing to do.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.campaigns.events import CampaignCompleted
from app.campaigns.policies.planner import (
    HORIZON,
    AccountState,
    Jitter,
    Slot,
    State,
    plan,
)
from app.campaigns.policies.reasons import Reason, Wait
from app.campaigns.queries import planning as due
from app.campaigns.queries.planner_lock import take_planning_lock
from app.campaigns.services import counters, moves
from app.campaigns.services.queueing import pairs, queue_slots
from app.campaigns.services.standing import (
    Running,
    due_lead,
    opens_within_horizon,
    running_campaigns,
)
from app.core.clock import utcnow
from app.core.db import db
from app.core.events import publish
from app.leads.queries import suppressed_emails
from app.models import CampaignLead

#: Slots one tick fills at most; the next tick comes in seconds.
MAX_SLOTS = 1_000
#: Of one account in one tick: sandbox accounts know no gap.
MAX_PER_ACCOUNT = 200


def plan_workspace(now: datetime, jitter: Jitter) -> int:
    """Queue the mails of the next minute; how many. Safe to run twice and side by side."""
    if not take_planning_lock():
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
    leads = [due_lead(row, row.time_zone, by_id[row.campaign_id]) for row in rows]
    state = State([r.state for r in open_now], accounts, leads)
    result = plan(now, state, jitter)
    slots = [entry for entry in result if isinstance(entry, Slot)]
    queue_slots(slots, {row.id: row for row in rows}, by_id)
    _put_off([entry for entry in result if isinstance(entry, Wait)])
    return len(slots)


def candidates(
    running: Sequence[Running], accounts: Sequence[AccountState], now: datetime
) -> list[int]:
    """Ids of leads worth planning: per account and campaign no more than there are slots for."""
    until = now + HORIZON
    room = {a.id: size for a in accounts if (size := _room(a, now, until))}
    unready = {(r.campaign.id, position) for r in running for position in r.unready}
    follow_ups = due.due_follow_ups(
        [(a, r.campaign.id, size) for r in running for a, size in room.items()], until, unready
    )
    new = []
    for r in running:
        if (r.campaign.id, 1) in unready:
            continue
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
    finished = Counter(
        one.campaign_id for one in moves.move(over, "completed", out_of=("waiting",), due_at=None)
    )
    counters.count_many({id_: {"finished": n} for id_, n in finished.items()}, utcnow())
    gone = {*stop, *over}
    return [row for row in rows if row.id not in gone]


def _put_off(waits: Sequence[Wait]) -> None:
    """Leads whose own window is closed are due when it opens, so they block nobody else."""
    late = [w for w in waits if w.reason is Reason.WINDOW_CLOSED and w.until is not None]
    if not late:
        return
    moved = pairs(
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
