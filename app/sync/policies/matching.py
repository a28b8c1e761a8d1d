"""Which mail of ours an inbound mail answers, from what the reads found. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.mailhub.incoming import Link


def link_to(row: Any, method: str, confidence: float) -> Link:
    """A link to an outbox row."""
    return Link(
        outbox_id=row.id,
        campaign_id=row.campaign_id,
        campaign_lead_id=row.campaign_lead_id,
        lead_id=row.lead_id,
        method=method,
        confidence=confidence,
    )


def link_by_ids(
    ids: Iterable[str], by_message_id: Mapping[str, Any], by_token: Mapping[str, Any]
) -> Link | None:
    """The nearest of the ids (last first) that names a mail of ours.

    Campaign mail is preferred: the answer to our manual reply still belongs to the lead.
    """
    found = []
    for one in reversed(list(ids)):
        if one in by_message_id:
            found.append(link_to(by_message_id[one], "references", 1.0))
        elif one in by_token:
            found.append(link_to(by_token[one], "token", 1.0))
    with_lead = [link for link in found if link.campaign_lead_id is not None]
    return next(iter(with_lead or found), None)


def worst_recipient(facts: Mapping[str, Any], expected: str) -> dict[str, Any]:
    """The failed recipient a bounce is about: the one we wrote to, else the first."""
    recipients = facts.get("recipients") or []
    for one in recipients:
        if expected and one["recipient"] == expected:
            return dict(one)
    return dict(recipients[0]) if recipients else {}
