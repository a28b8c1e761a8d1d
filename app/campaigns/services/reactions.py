"""What people do with a mail, and what that means for the campaign lead."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa

from app.campaigns.policies.out_of_office import resume_at
from app.campaigns.services import counters, moves
from app.core.db import db
from app.models import Campaign, CampaignLead, Lead


def replied(campaign_lead_id: int, at: datetime) -> None:
    """A person answered: the sequence ends, also when it was over already. Counted once."""
    _end(campaign_lead_id, at, "replied", moves.BEFORE_REPLY)


def auto_replied(campaign_lead_id: int, at: datetime) -> None:
    """A machine answered: counted apart; it stops the lead only where the campaign says so."""
    campaign_id = moves.mark_once(campaign_lead_id, "auto_replied_at", at, "auto_replied")
    if campaign_id is not None:
        counters.count(campaign_id, at, auto_replied=1)
    stops = sa.select(CampaignLead.id).join(Campaign, Campaign.id == CampaignLead.campaign_id)
    stops = stops.where(CampaignLead.id == campaign_lead_id, Campaign.stop_on_auto_reply)
    if db.session.scalar(stops) is not None:
        out_of = ("waiting", "queued", "paused", "held")
        moves.move([campaign_lead_id], "stopped", out_of=out_of, reason="Answered automatically")


def out_of_office(campaign_lead_id: int, at: datetime, returns_on: date | None) -> None:
    """Leave the lead alone until the day after the return; two weeks when no date was given."""
    auto_replied(campaign_lead_id, at)
    until = resume_at(at, returns_on)
    moves.move(
        [campaign_lead_id],
        "paused",
        out_of=("waiting", "queued"),
        reason="Out of office",
        resume_at=until,
    )


def left_company(campaign_lead_id: int, at: datetime) -> None:
    """The person works there no more: no point in going on."""
    auto_replied(campaign_lead_id, at)
    out_of = ("waiting", "queued", "paused", "held")
    moves.move([campaign_lead_id], "stopped", out_of=out_of, reason="Has left the company")


def unsubscribed(campaign_lead_id: int, at: datetime) -> None:
    """Nothing more to this person. Counted once."""
    _end(campaign_lead_id, at, "unsubscribed", moves.BEFORE_UNSUBSCRIBE)


def _end(campaign_lead_id: int, at: datetime, state: str, out_of: Sequence[str]) -> None:
    """The sequence ends by the lead's own doing, also when it was over; the first time counts."""
    campaign_id = moves.mark_once(campaign_lead_id, f"{state}_at", at, state)
    moved = moves.move([campaign_lead_id], state, out_of=out_of, due_at=None)
    if campaign_id is not None:
        finished = -moves.no_longer_finished(moved)
        counters.count(campaign_id, at, **{state: 1, "finished": finished})


def opened(campaign_lead_id: int, at: datetime, *, human: bool) -> None:
    """The first opening by a person, and the first by a machine, count."""
    _first(campaign_lead_id, at, "opened" if human else "opened_machine")


def clicked(campaign_lead_id: int, at: datetime, *, human: bool) -> None:
    """The first click by a person, and the first by a machine, count; a click is an opening too."""
    _first(campaign_lead_id, at, "clicked" if human else "clicked_machine")
    if human:
        _first(campaign_lead_id, at, "opened")


def _first(campaign_lead_id: int, at: datetime, figure: str) -> None:
    """Mark and count what happens for the first time."""
    campaign_id = moves.mark_once(campaign_lead_id, f"{figure}_at", at, figure)
    if campaign_id is not None:
        counters.count(campaign_id, at, **{figure: 1})


def suppressed(*, email: str = "", domain: str = "") -> int:
    """Whoever is on the do-not-contact list is stopped everywhere."""
    who = Lead.email == email if email else Lead.domain == domain
    chosen = CampaignLead.lead_id.in_(sa.select(Lead.id).where(who))
    out_of = ("waiting", "queued", "paused", "held")
    moved = moves.move_where(chosen, "stopped", out_of=out_of, reason="On the do-not-contact list")
    return len(moved)
