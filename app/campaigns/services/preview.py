"""A step as one lead would get it: shown in the builder, and sent as a test."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.campaigns.policies.sequence import reply_subject
from app.campaigns.queries.campaigns import senders_of, steps_of
from app.campaigns.queries.people import sender_of
from app.leads.queries import variables_of
from app.models import Campaign, EmailAccount, Lead, Step
from app.sending.render import Preview, render_preview


def preview_for(
    campaign: Campaign, step: Step, lead: Lead | None, sender: EmailAccount | None = None
) -> Preview:
    """The filled step with the signature and, in a thread, the subject it will have.

    `sender` is by default the one that writes to this lead, else the first of the campaign;
    without a lead it is a mail to somebody of whom nothing is known.
    """
    sender = sender or _sender(campaign, lead)
    values = {**(variables_of(lead) if lead else {}), **_of_sender(sender)}
    signature = sender.signature_html if sender else ""
    preview = render_preview(step.subject, step.body_html, values, signature)
    if step.subject.strip() or preview.problem:
        return preview
    return replace(preview, subject=_thread_subject(steps_of(campaign.id), step, values))


def _sender(campaign: Campaign, lead: Lead | None) -> EmailAccount | None:
    """Who writes to this lead; who might, before the first mail."""
    able = sorted(senders_of(campaign.id), key=lambda one: one.status != "connected")
    own = sender_of(campaign.id, lead.id) if lead else None
    return own or next(iter(able), None)


def _of_sender(sender: EmailAccount | None) -> dict[str, Any]:
    """What a text may say of its sender."""
    if sender is None:
        return {}
    return {"sender_name": sender.from_name or sender.email, "sender_email": sender.email}


def _thread_subject(steps: Sequence[Step], step: Step, values: dict[str, Any]) -> str:
    """'Re:' and the subject of the mail whose thread goes on; empty when there is none."""
    before = [one.subject for one in steps if one.position < step.position and one.subject.strip()]
    if not before:
        return ""
    return reply_subject(render_preview(before[-1], "", values).subject)
