"""Verbs of tracking: judge what came in, and take a person off the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.db import db
from app.core.events import publish
from app.leads.queries import suppressed_emails
from app.leads.services import suppress
from app.models import Outbox, TrackingHit
from app.tracking.events import ClickRecorded, OpenRecorded, UnsubscribeRequested
from app.tracking.policies import BURST_SECONDS, Hit, Verdict, judge
from app.tracking.queries import clicks_of, has_unsubscribed, hits_to_judge, mails_of

BATCH = 500


def judge_hits(limit: int = BATCH) -> int:
    """Judge the oldest hits of the workspace and tell upper rooms. How many were judged.

    Idempotent: a judged hit is not judged again, and the news goes out in the same transaction.
    """
    hits = hits_to_judge(limit, utcnow() - timedelta(seconds=BURST_SECONDS))
    if not hits:
        return 0
    mails = mails_of(hits)
    clicks = clicks_of({hit.outbox_id for hit in hits if hit.kind == "click"})
    told: set[tuple[Any, ...]] = set()
    verdicts = []
    for hit in hits:
        mail = mails.get(hit.outbox_id)
        verdict, reason = _judge(hit, mail, clicks.get(hit.outbox_id, ()))
        verdicts.append({"id": hit.id, "verdict": str(verdict), "reason": reason})
        key = (hit.outbox_id, hit.kind, hit.link_id, verdict)
        if mail is not None and mail.kind == "campaign" and key not in told:
            told.add(key)
            _tell(hit, mail, verdict)
    _write(verdicts)
    return len(hits)


def _judge(hit: TrackingHit, mail: Any, others: Sequence[Any]) -> tuple[Verdict, str]:
    return judge(
        Hit(
            kind=hit.kind,
            method=hit.method,
            user_agent=hit.user_agent,
            at=hit.at,
            sent_at=mail.sent_at if mail else None,
            link_id=hit.link_id,
            others=others,
        )
    )


def _tell(hit: TrackingHit, mail: Any, verdict: Verdict) -> None:
    known = {
        "outbox_id": hit.outbox_id,
        "campaign_id": mail.campaign_id,
        "campaign_lead_id": mail.campaign_lead_id,
        "lead_id": mail.lead_id,
        "at": hit.at,
        "verdict": str(verdict),
    }
    if hit.kind == "open":
        publish(OpenRecorded(**known))
    else:
        publish(ClickRecorded(link_id=hit.link_id, **known))


def _write(verdicts: list[dict[str, Any]]) -> None:
    """All verdicts of a batch in one statement."""
    given = sa.values(
        sa.column("id", sa.BigInteger),
        sa.column("verdict", sa.Text),
        sa.column("reason", sa.Text),
        name="given",
    ).data([(row["id"], row["verdict"], row["reason"]) for row in verdicts])
    statement = (
        sa.update(TrackingHit)
        .where(TrackingHit.id == given.c.id)
        .values(verdict=given.c.verdict, reason=given.c.reason, processed_at=utcnow())
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)


def unsubscribe(mail: Outbox, *, ip: str, user_agent: str) -> None:
    """Never write to this person again. Again: changes nothing, unless allowed again in between."""
    if has_unsubscribed(mail.id) and suppressed_emails([mail.to_email]):
        return
    now = utcnow()
    db.session.add(
        TrackingHit(
            outbox_id=mail.id,
            kind="unsubscribe",
            at=now,
            method="POST",
            ip=ip,
            user_agent=user_agent,
            verdict=str(Verdict.HUMAN),
            processed_at=now,
        )
    )
    suppress(mail.to_email, reason="unsubscribed", source="unsubscribe link")
    publish(
        UnsubscribeRequested(
            outbox_id=mail.id,
            campaign_id=mail.campaign_id,
            campaign_lead_id=mail.campaign_lead_id,
            lead_id=mail.lead_id,
            email=mail.to_email,
            at=now,
        )
    )
