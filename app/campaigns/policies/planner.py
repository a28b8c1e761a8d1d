"""The planner: which due leads get which account at which instant, and why the others wait.

Pure: the state comes in as values, randomness as a function, and the same code plans the next
minute and explains a wait. The horizon is short on purpose: a row is only queued about a minute
before it leaves, so a stop, a pause or an edit acts at once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heapreplace
from zoneinfo import ZoneInfo

from app.campaigns.policies.reasons import Reason, Wait
from app.campaigns.policies.schedule import Schedule, day_bounds, is_open, next_open_of

HORIZON = timedelta(seconds=75)
#: Seconds to add to an account's gap after this send; injected so that plans can be repeated.
Jitter = Callable[["AccountState"], float]


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the planner knows of a sender account."""

    id: int
    next_slot_at: datetime | None
    gap_seconds: float
    jitter_seconds: float
    left_today: int
    can_send: bool = True
    limit_resets_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignState:
    """What the planner knows of an active campaign; `None` limits are no limits."""

    id: int
    schedule: Schedule
    account_ids: tuple[int, ...]
    left_today: int | None = None
    new_left_today: int | None = None


@dataclass(frozen=True, slots=True)
class DueLead:
    """A campaign lead whose next step may leave; `account_id` is None until its first mail."""

    id: int
    campaign_id: int
    due_at: datetime
    account_id: int | None = None
    is_new: bool = True
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One mail: this lead, from this account, at this instant; the account's next one not before."""

    lead_id: int
    account_id: int
    send_at: datetime
    next_slot_at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """Everything one plan looks at."""

    campaigns: Sequence[CampaignState]
    accounts: Sequence[AccountState]
    leads: Sequence[DueLead]


@dataclass(slots=True)
class _Account:
    """The running figures of an account while a plan is made."""

    state: AccountState
    next_slot: datetime
    left: int

    @property
    def key(self) -> tuple[datetime, int, int]:
        """Order of choice: free first, then the most left for today. Only ever grows."""
        return (self.next_slot, -self.left, self.state.id)


@dataclass(slots=True)
class _Campaign:
    """The running figures of a campaign while a plan is made."""

    state: CampaignState
    left: int | None
    new_left: int | None
    queue: list[tuple[datetime, int, int]]


@dataclass(slots=True)
class _Plan:
    """The work table of `plan`."""

    now: datetime
    until: datetime
    jitter: Jitter
    accounts: dict[int, _Account]
    campaigns: dict[int, _Campaign]
    result: list[Slot | Wait] = field(default_factory=list)


def plan(
    now: datetime, state: State, jitter: Jitter, horizon: timedelta = HORIZON
) -> list[Slot | Wait]:
    """A slot or a wait for every lead of `state`: follow-ups first, then new leads, each by due time.

    Of every account the slots are `gap + jitter` apart and never more than its limit leaves; a
    lead that has a sender keeps it; nothing is planned outside its window or past the horizon.
    """
    accounts = {
        a.id: _Account(a, max(now, a.next_slot_at or now), a.left_today) for a in state.accounts
    }
    campaigns = {c.id: _campaign(c, accounts) for c in state.campaigns}
    work = _Plan(now, now + horizon, jitter, accounts, campaigns)
    for lead in in_order(state.leads):
        work.result.append(_place(work, lead))
    return work.result


def _campaign(state: CampaignState, accounts: dict[int, _Account]) -> _Campaign:
    """The campaign with its senders in order of choice."""
    able = [accounts[i] for i in state.account_ids if i in accounts and accounts[i].state.can_send]
    return _Campaign(state, state.left_today, state.new_left_today, sorted(a.key for a in able))


def in_order(leads: Iterable[DueLead]) -> list[DueLead]:
    """Follow-ups before new leads, the longest due first."""
    return sorted(leads, key=lambda lead: (lead.is_new, lead.due_at, lead.id))


def _place(work: _Plan, lead: DueLead) -> Slot | Wait:
    """The slot of one lead, or the reason why it gets none."""
    campaign = work.campaigns[lead.campaign_id]
    wait = _campaign_wait(work, campaign, lead)
    if wait is not None:
        return wait
    found = _account_for(work, campaign, lead)
    if isinstance(found, Wait):
        return found
    send_at = max(lead.due_at, found.next_slot)
    if not is_open(campaign.state.schedule, send_at, lead.zone):
        opens = next_open_of(campaign.state.schedule, send_at, lead.zone)
        return Wait(lead.id, Reason.WINDOW_CLOSED if opens else Reason.SCHEDULE_OVER, opens)
    if send_at > work.until:
        reason = Reason.DELAY if lead.due_at > work.until else Reason.ACCOUNT_GAP
        return Wait(lead.id, reason, send_at)
    return _take(work, campaign, found, lead, send_at)


def _campaign_wait(work: _Plan, campaign: _Campaign, lead: DueLead) -> Wait | None:
    """The campaign's own limits and window."""
    schedule = campaign.state.schedule
    earliest = max(work.now, lead.due_at)
    opens = next_open_of(schedule, earliest, lead.zone)
    if opens is None:
        return Wait(lead.id, Reason.SCHEDULE_OVER)
    if opens > earliest:
        return Wait(lead.id, Reason.WINDOW_CLOSED, opens)
    tomorrow = day_bounds(schedule.zone, work.now)[1]
    if campaign.left is not None and campaign.left <= 0:
        return Wait(lead.id, Reason.CAMPAIGN_LIMIT, next_open_of(schedule, tomorrow))
    if lead.is_new and campaign.new_left is not None and campaign.new_left <= 0:
        return Wait(lead.id, Reason.NEW_LEAD_LIMIT, next_open_of(schedule, tomorrow))
    return None


def _account_for(work: _Plan, campaign: _Campaign, lead: DueLead) -> _Account | Wait:
    """The lead's own account, or for a new lead the one that is free first."""
    if lead.account_id is not None:
        return _own_account(work, lead)
    free = _first_free(work, campaign)
    if free is not None:
        return free
    chosen = [work.accounts[i] for i in campaign.state.account_ids if i in work.accounts]
    if not chosen:
        return Wait(lead.id, Reason.NO_ACCOUNTS)
    if not any(a.state.can_send for a in chosen):
        return Wait(lead.id, Reason.ACCOUNTS_UNAVAILABLE)
    return Wait(lead.id, Reason.ACCOUNT_LIMIT, _earliest_reset(chosen))


def _first_free(work: _Plan, campaign: _Campaign) -> _Account | None:
    """The best account that may still send; stale entries (used by others) are put back in order."""
    queue = campaign.queue
    while queue:
        account = work.accounts[queue[0][2]]
        if account.left <= 0:
            heappop(queue)
        elif account.key != queue[0]:
            heapreplace(queue, account.key)
        else:
            return account
    return None


def _own_account(work: _Plan, lead: DueLead) -> _Account | Wait:
    """The account that wrote to this lead before; another one would break the thread."""
    own = work.accounts.get(lead.account_id or 0)
    if own is None or not own.state.can_send:
        return Wait(lead.id, Reason.ACCOUNT_LOST)
    if own.left <= 0:
        return Wait(lead.id, Reason.ACCOUNT_LIMIT, own.state.limit_resets_at)
    return own


def _earliest_reset(accounts: list[_Account]) -> datetime | None:
    """When the first of these accounts may send again."""
    resets = [a.state.limit_resets_at for a in accounts if a.state.limit_resets_at is not None]
    return min(resets) if resets else None


def _take(
    work: _Plan, campaign: _Campaign, account: _Account, lead: DueLead, send_at: datetime
) -> Slot:
    """Book the slot: the account's next one moves on, the limits shrink."""
    pause = account.state.gap_seconds + work.jitter(account.state)
    account.next_slot = send_at + timedelta(seconds=pause)
    account.left -= 1
    if campaign.left is not None:
        campaign.left -= 1
    if lead.is_new and campaign.new_left is not None:
        campaign.new_left -= 1
    return Slot(lead.id, account.state.id, send_at, account.next_slot)
