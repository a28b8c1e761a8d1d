"""The planner: its invariants by hypothesis, its order and its reasons by hand."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigns.policies.planner import (
    HORIZON,
    AccountState,
    CampaignState,
    DueLead,
    Slot,
    State,
    plan,
)
from app.campaigns.policies.reasons import Reason, Wait
from app.campaigns.policies.schedule import ALWAYS_OPEN, OFFICE_HOURS, Schedule, is_open

UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday
OPEN = Schedule(ALWAYS_OPEN, UTC_ZONE)


def no_jitter(account: AccountState) -> float:
    return 0.0


def account(
    number: int = 1, *, gap: float = 5, left: int = 100, at: datetime | None = None, ok: bool = True
):
    return AccountState(number, at, gap, 0, left, ok)


def campaign(*accounts: int, number: int = 1, schedule: Schedule = OPEN, left=None, new=None):
    return CampaignState(number, schedule, accounts or (1,), left, new)


def new_lead(number: int, *, due: datetime = NOW, campaign_id: int = 1):
    return DueLead(number, campaign_id, due)


def follow_up(number: int, *, due: datetime = NOW, on: int = 1, campaign_id: int = 1):
    return DueLead(number, campaign_id, due, on, is_new=False)


def one(result: list[Slot | Wait]) -> Slot | Wait:
    assert len(result) == 1
    return result[0]


def waits(result: list[Slot | Wait]) -> dict[int, Reason]:
    return {w.lead_id: w.reason for w in result if isinstance(w, Wait)}


@st.composite
def states(draw: st.DrawFn) -> State:
    account_ids = list(range(1, draw(st.integers(1, 4)) + 1))
    accounts = [
        AccountState(
            id=i,
            next_slot_at=draw(
                st.none() | st.integers(-600, 200).map(lambda s: NOW + timedelta(seconds=s))
            ),
            gap_seconds=draw(st.sampled_from([0, 1, 5, 30, 480])),
            jitter_seconds=draw(st.sampled_from([0, 5, 60])),
            left_today=draw(st.integers(0, 12)),
            can_send=draw(st.booleans()),
        )
        for i in account_ids
    ]
    limits = st.none() | st.integers(0, 15)
    schedules = st.sampled_from([OPEN, Schedule(OFFICE_HOURS, ZoneInfo("America/New_York"))])
    campaigns = [
        CampaignState(
            c,
            draw(schedules),
            tuple(draw(st.sets(st.sampled_from(account_ids)))),
            draw(limits),
            draw(limits),
        )
        for c in range(1, draw(st.integers(1, 3)) + 1)
    ]
    leads = []
    for lead_id in range(1, draw(st.integers(0, 40)) + 1):
        owner = draw(st.none() | st.sampled_from(account_ids))
        due = NOW + timedelta(seconds=draw(st.integers(-4000, 200)))
        chosen = draw(st.sampled_from(campaigns)).id
        leads.append(DueLead(lead_id, chosen, due, owner, is_new=owner is None))
    return State(campaigns, accounts, leads)


@given(states(), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_no_plan_breaks_a_sending_rule(state, random):
    result = plan(NOW, state, lambda a: random.uniform(0, a.jitter_seconds))
    accounts = {a.id: a for a in state.accounts}
    campaigns = {c.id: c for c in state.campaigns}
    leads = {lead.id: lead for lead in state.leads}
    assert Counter(r.lead_id for r in result) == Counter(leads.keys())  # each lead answered once

    by_account, by_campaign = defaultdict(list), defaultdict(list)
    for slot in (r for r in result if isinstance(r, Slot)):
        lead = leads[slot.lead_id]
        by_account[slot.account_id].append(slot)
        by_campaign[lead.campaign_id].append(lead)
        assert max(NOW, lead.due_at) <= slot.send_at <= NOW + HORIZON
        assert accounts[slot.account_id].can_send
        assert is_open(campaigns[lead.campaign_id].schedule, slot.send_at)
        assert lead.account_id in (None, slot.account_id)  # sticky
        if lead.account_id is None:
            assert slot.account_id in campaigns[lead.campaign_id].account_ids
    for account_id, slots in by_account.items():
        state_of = accounts[account_id]
        assert len(slots) <= state_of.left_today
        times = sorted(s.send_at for s in slots)
        assert times[0] >= (state_of.next_slot_at or NOW)
        gap = timedelta(seconds=state_of.gap_seconds)
        assert all(later - earlier >= gap for earlier, later in pairwise(times))
    for campaign_id, sent in by_campaign.items():
        limits = campaigns[campaign_id]
        assert limits.left_today is None or len(sent) <= limits.left_today
        fresh = sum(lead.is_new for lead in sent)
        assert limits.new_left_today is None or fresh <= limits.new_left_today


@given(states())
@settings(max_examples=100, deadline=None)
def test_the_same_state_gives_the_same_plan(state):
    assert plan(NOW, state, no_jitter) == plan(NOW, state, no_jitter)


def test_follow_ups_go_before_new_leads():
    state = State(
        [campaign()], [account(left=1)], [new_lead(1, due=NOW - timedelta(days=9)), follow_up(2)]
    )
    assert waits(plan(NOW, state, no_jitter)) == {1: Reason.ACCOUNT_LIMIT}


def test_gap_and_jitter_space_the_slots_of_one_account():
    state = State([campaign()], [account(gap=10)], [new_lead(1), new_lead(2), new_lead(3)])
    times = [s.send_at for s in plan(NOW, state, lambda a: 5.0)]
    assert times == [NOW, NOW + timedelta(seconds=15), NOW + timedelta(seconds=30)]


def test_the_slot_says_when_the_account_may_send_again():
    slot = one(plan(NOW, State([campaign()], [account(gap=10)], [new_lead(1)]), lambda a: 5.0))
    assert slot.next_slot_at == NOW + timedelta(seconds=15)


def test_new_leads_are_spread_over_free_accounts():
    state = State(
        [campaign(1, 2, 3)],
        [account(i, gap=60) for i in (1, 2, 3)],
        [new_lead(i) for i in range(1, 7)],
    )
    assert Counter(s.account_id for s in plan(NOW, state, no_jitter)) == {1: 2, 2: 2, 3: 2}


def test_a_follow_up_waits_for_its_own_account_even_if_others_are_free():
    state = State(
        [campaign(1, 2)], [account(1, ok=False), account(2)], [follow_up(1, on=1), new_lead(2)]
    )
    result = plan(NOW, state, no_jitter)
    assert waits(result) == {1: Reason.ACCOUNT_LOST}
    assert [s.account_id for s in result if isinstance(s, Slot)] == [2]


def test_a_follow_up_keeps_its_account_after_it_left_the_campaign():
    state = State([campaign(2)], [account(1), account(2)], [follow_up(1, on=1)])
    assert one(plan(NOW, state, no_jitter)).account_id == 1


def test_nothing_is_planned_past_the_horizon():
    late = NOW + HORIZON + timedelta(seconds=1)
    assert one(
        plan(NOW, State([campaign()], [account()], [new_lead(1, due=late)]), no_jitter)
    ) == Wait(1, Reason.DELAY, late)
    busy = State([campaign()], [account(at=late)], [new_lead(1)])
    assert one(plan(NOW, busy, no_jitter)) == Wait(1, Reason.ACCOUNT_GAP, late)


def test_each_limit_has_its_reason():
    two = [new_lead(1), new_lead(2)]
    assert waits(plan(NOW, State([campaign(left=1)], [account()], two), no_jitter)) == {
        2: Reason.CAMPAIGN_LIMIT
    }
    assert waits(plan(NOW, State([campaign(new=1)], [account()], two), no_jitter)) == {
        2: Reason.NEW_LEAD_LIMIT
    }
    assert waits(plan(NOW, State([campaign()], [account(left=1)], two), no_jitter)) == {
        2: Reason.ACCOUNT_LIMIT
    }


def test_each_lack_of_accounts_has_its_reason():
    lead = [new_lead(1)]
    assert waits(plan(NOW, State([campaign(7)], [account()], lead), no_jitter)) == {
        1: Reason.NO_ACCOUNTS
    }
    gone = State([campaign()], [account(ok=False)], lead)
    assert waits(plan(NOW, gone, no_jitter)) == {1: Reason.ACCOUNTS_UNAVAILABLE}


def test_a_closed_window_waits_until_it_opens():
    evening = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    state = State(
        [campaign(schedule=Schedule(OFFICE_HOURS, UTC_ZONE))],
        [account()],
        [new_lead(1, due=evening)],
    )
    opens = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    assert one(plan(evening, state, no_jitter)) == Wait(1, Reason.WINDOW_CLOSED, opens)


def test_a_busy_account_never_pushes_a_mail_past_the_window():
    nearly = datetime(2026, 11, 23, 17, 29, 30, tzinfo=UTC)
    busy = account(at=nearly + timedelta(seconds=40))
    state = State(
        [campaign(schedule=Schedule(OFFICE_HOURS, UTC_ZONE))], [busy], [new_lead(1, due=nearly)]
    )
    assert one(plan(nearly, state, no_jitter)).reason is Reason.WINDOW_CLOSED


def test_a_schedule_that_is_over_says_so():
    over = Schedule(ALWAYS_OPEN, UTC_ZONE, ends_on=NOW.date() - timedelta(days=1))
    state = State([campaign(schedule=over)], [account()], [new_lead(1)])
    assert one(plan(NOW, state, no_jitter)) == Wait(1, Reason.SCHEDULE_OVER)


def test_a_lead_in_its_own_zone_waits_for_its_own_morning():
    tokyo = ZoneInfo("Asia/Tokyo")  # 19:00 there at NOW
    lead = DueLead(1, 1, NOW, zone=tokyo)
    state = State([campaign(schedule=Schedule(OFFICE_HOURS, UTC_ZONE))], [account()], [lead])
    wait = one(plan(NOW, state, no_jitter))
    assert wait == Wait(1, Reason.WINDOW_CLOSED, datetime(2026, 11, 24, 8, 30, tzinfo=tokyo))
