"""Campaigns, steps and enrolled leads of the current workspace."""

from typing import Any

from app.core.clock import utcnow
from app.core.db import db
from app.models import (
    Campaign,
    CampaignAccount,
    CampaignLead,
    EmailAccount,
    Lead,
    SendingWindow,
    Step,
)
from tests.factories.leads import make_lead


def make_campaign(
    *, accounts: list[EmailAccount] | None = None, steps: int = 0, **over: Any
) -> Campaign:
    """A draft campaign that may send at any hour, with `steps` simple steps."""
    campaign = Campaign(**{"name": "Autumn outreach", "status": "draft", **over})
    db.session.add(campaign)
    db.session.flush()
    for weekday in range(7):
        db.session.add(
            SendingWindow(campaign_id=campaign.id, weekday=weekday, start_minute=0, end_minute=1440)
        )
    for account in accounts or []:
        db.session.add(CampaignAccount(campaign_id=campaign.id, account_id=account.id))
    for position in range(1, steps + 1):
        make_step(campaign, position=position)
    db.session.flush()
    return campaign


def make_step(campaign: Campaign, *, position: int = 1, **over: Any) -> Step:
    """A step; the first has a subject, later ones continue the thread after three days."""
    values: dict[str, Any] = {
        "campaign_id": campaign.id,
        "position": position,
        "delay_amount": 0 if position == 1 else 3,
        "delay_unit": "days",
        "subject": "Hello {{first_name | default: 'there'}}" if position == 1 else "",
        "body_html": f"<p>Mail {position} to {{{{company | default: 'you'}}}}.</p>",
    }
    step = Step(**{**values, **over})
    db.session.add(step)
    db.session.flush()
    return step


def make_campaign_lead(campaign: Campaign, lead: Lead | None = None, **over: Any) -> CampaignLead:
    """A lead enrolled and due now."""
    lead = lead or make_lead()
    values: dict[str, Any] = {"campaign_id": campaign.id, "lead_id": lead.id, "due_at": utcnow()}
    row = CampaignLead(**{**values, **over})
    db.session.add(row)
    db.session.flush()
    return row
