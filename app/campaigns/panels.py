"""The campaign beside a conversation: where its lead stands, stop and go on. For the mailhub."""

from typing import Any

from flask import url_for

from app.campaigns.queries.campaigns import get_campaign, step_counts
from app.campaigns.queries.people import STATE_WORDS, Person, find_person
from app.campaigns.services.explain import explain_lead
from app.core.clock import utcnow
from app.core.errors import NotFound
from app.core.permissions import can
from app.mailhub.panel import PanelAction, PanelCard


def lead_card(campaign_lead_id: int) -> PanelCard | None:
    """The card of a campaign lead; None when it or its campaign is gone, or not for this person."""
    person = find_person(campaign_lead_id)
    if person is None or not can("campaigns.view"):
        return None
    try:
        campaign = get_campaign(person.entry.campaign_id)
    except NotFound:
        return None
    total = step_counts([campaign.id]).get(campaign.id, 0)
    sent = min(person.entry.step_position - 1, total)
    rows = [
        ("Lead", person.name or person.lead.email),
        ("Address", person.lead.email),
        ("Company", person.lead.company),
        ("Job title", person.lead.title),
        ("Step", f"{sent} of {total} sent"),
    ]
    return PanelCard(
        title=campaign.name,
        url=url_for("campaigns.show_campaign", campaign_id=campaign.id),
        state=STATE_WORDS.get(person.entry.state, person.entry.state),
        note=explain_lead(person, campaign, utcnow()),
        rows=[(term, value) for term, value in rows if value],
        actions=_actions(person),
    )


def _actions(person: Person) -> list[PanelAction]:
    """What can be done about a lead in this state."""
    if not can("campaigns.edit"):
        return []
    ids: dict[str, Any] = {"campaign_id": person.entry.campaign_id, "entry_id": person.entry.id}
    if person.entry.state in ("waiting", "queued"):
        return [PanelAction("Stop the sequence", url_for("campaigns.create_person_stop", **ids))]
    if person.entry.state in ("paused", "held", "stopped", "failed"):
        return [PanelAction("Resume", url_for("campaigns.create_person_resume", **ids))]
    return []
