"""One claimed row becomes bytes: which text, which values, which links."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core.clock import utcnow
from app.core.db import db
from app.core.settings import settings
from app.core.tenancy import require_workspace_id
from app.core.transactions import unit_of_work
from app.models import TrackedLink
from app.sending.policies import CAMPAIGN
from app.sending.queries import step_text
from app.sending.render import Composed, Envelope, MailText, compiled, compose
from app.sending.render.compose import compose_finished, targets, values_for
from app.sending.statements import Row

_KEPT_LINKS = 5_000
_links: OrderedDict[tuple[Hashable, str], int] = OrderedDict()


class StepDeleted(Exception):
    """The text of a queued mail does not exist any more."""


@dataclass(frozen=True)
class Sender:
    """What the lease told about the account."""

    account_id: int
    fence: int
    email: str
    from_name: str
    sent_copy: str
    signature_html: str
    gap_seconds: int
    gap_jitter_seconds: int
    time_zone: str
    daily_limit: int
    ramp: tuple[bool, int, int]
    connected_on: date


def build(row: Row, sender: Sender, at: datetime | None = None) -> tuple[Composed, Envelope]:
    """The mail of a row. No transaction may be open.

    Errors: TemplateProblem, StepDeleted, ValueError (an impossible address or header).
    """
    envelope = _envelope(row, sender, at or utcnow())
    if row["kind"] != CAMPAIGN or row["step_id"] is None:
        return compose_finished(
            envelope, row["subject"], row["body_html"], row["body_text"]
        ), envelope
    text = _text(row, sender)
    values = values_for(envelope, row["variables"])
    urls = targets(text, values)
    wanted = _to_track(text, urls) if envelope.track_clicks else []
    return compose(text, envelope, values, urls, link_ids(row, wanted)), envelope


def _envelope(row: Row, sender: Sender, at: datetime) -> Envelope:
    options = row["options"]
    campaign = row["kind"] == CAMPAIGN
    unsubscribe = options.get("unsubscribe", "")
    return Envelope(
        outbox_id=row["id"],
        message_id=row["message_id"],
        from_email=sender.email,
        from_name=sender.from_name,
        to_email=row["to_email"],
        to_name=row["to_name"],
        cc=row["cc"] or (),
        bcc=row["bcc"] or (),
        at=at,
        base_url=options.get("base_url") or settings.public_url,
        in_reply_to=row["in_reply_to"],
        references=row["references"] or (),
        subject=row["subject"],
        track_opens=campaign and bool(options.get("track_opens")),
        track_clicks=campaign and bool(options.get("track_clicks")),
        unsubscribe="link" if unsubscribe is True else unsubscribe or "",
    )


def _text(row: Row, sender: Sender) -> MailText:
    key = (row["step_id"], row["step_version"])
    found = compiled(key, sender.signature_html)
    if found is not None:
        return found
    with unit_of_work():
        text = step_text(row["step_id"])
    if text is None:
        raise StepDeleted("The step of this mail was deleted")
    return compiled(key, sender.signature_html, *text)


def _to_track(text: MailText, urls: Sequence[str]) -> list[str]:
    return [
        url
        for link, url in zip(text.links, urls, strict=True)
        if link.trackable and url.lower().startswith(("http://", "https://"))
    ]


def link_ids(row: Row, urls: Sequence[str]) -> dict[str, int]:
    """Ids of the stored links of a campaign, stored now when they are new.

    Remembered per version of the step: that is what is sent again and again.
    """
    text = (row["step_id"], row["step_version"])
    found = {url: _links.get((text, url)) for url in urls}
    missing = [url for url, link_id in found.items() if link_id is None]
    if missing:
        with unit_of_work():
            stored = _store_links(row["campaign_id"] or 0, missing)
        found |= stored
        _remember(text, stored)
    return {url: link_id for url, link_id in found.items() if link_id is not None}


def _store_links(campaign_id: int, urls: Sequence[str]) -> dict[str, int]:
    rows = [
        {
            "workspace_id": require_workspace_id(),
            "campaign_id": campaign_id,
            "url": url,
            "url_hash": sha256(url.encode()).hexdigest(),
        }
        for url in dict.fromkeys(urls)
    ]
    unique = ["workspace_id", "campaign_id", "url_hash"]
    # owner: links are stored while a mail is written; tracking, above, resolves them
    db.session.execute(
        insert(TrackedLink).values(rows).on_conflict_do_nothing(index_elements=unique)
    )
    statement = sa.select(TrackedLink.url, TrackedLink.id).where(
        TrackedLink.campaign_id == campaign_id,
        TrackedLink.url_hash.in_([row["url_hash"] for row in rows]),
    )
    return {row.url: row.id for row in db.session.execute(statement)}


def _remember(text: Hashable, stored: dict[str, int]) -> None:
    for url, link_id in stored.items():
        _links[text, url] = link_id
    while len(_links) > _KEPT_LINKS:
        _links.popitem(last=False)
