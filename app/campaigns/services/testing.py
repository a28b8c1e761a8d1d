"""A test of one step, sent to somebody of the team."""

from app.campaigns.queries.campaigns import senders_of
from app.campaigns.queries.people import find_lead_in
from app.campaigns.schemas import TestMailInput
from app.campaigns.services.preview import preview_for
from app.core.context import current_actor
from app.core.errors import Invalid
from app.models import Campaign, Step
from app.sending.services import queue_test_mail


def send_test(campaign: Campaign, step: Step, form: TestMailInput) -> int:
    """Queue the filled step for an address; the outbox id. Nothing is tracked or counted.

    Errors: Invalid (no account can send, a broken text, a variable without a value).
    """
    able = [a for a in senders_of(campaign.id) if a.status == "connected"]
    sender = next((a for a in able if a.id == form.account_id), able[0] if able else None)
    if sender is None:
        raise Invalid({"account_id": ["No sender account of this campaign is connected."]})
    lead = find_lead_in(campaign.id, form.lead_id)
    preview = preview_for(campaign, step, lead, sender)
    if preview.problem:
        raise Invalid({"form": [f"The text cannot be filled in: {preview.problem}."]})
    if preview.missing:
        names = ", ".join(preview.missing)
        raise Invalid({"lead_id": [f"This lead has no value for {names}."]})
    return queue_test_mail(
        account_id=sender.id,
        to_email=form.email,
        subject=preview.subject or f"Step {step.position}",
        body_html=preview.html,
        body_text=preview.text,
        created_by_id=current_actor().user_id,
    )
