"""Putting mail into the outbox: from here on it leaves at most once and is never lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.core.clock import utcnow
from app.core.db import db
from app.core.jobs import enqueue
from app.core.signing import sign_ids
from app.core.tenancy import require_workspace_id
from app.models import Outbox, SendEvent
from app.sending.policies import (
    CAMPAIGN,
    MANUAL,
    PRIORITY_CAMPAIGN,
    PRIORITY_MANUAL,
    SURELY_NOT_SENT,
    TEST,
)
from app.sending.queries import MESSAGE_TOKEN, known_ids, new_ids, sender_addresses
from app.sending.render.html import text_of


@dataclass(frozen=True)
class OutgoingMail:
    """One mail to be sent.

    A campaign mail has `step_id` and `variables` and is rendered when it leaves; `subject` then
    only overrides the step's own (a follow-up in the same thread). A finished mail has its bodies.
    `intent` makes a second mail for the same purpose impossible, such as "campaign-lead:7:2".
    """

    account_id: int
    to_email: str
    intent: str | None = None
    to_name: str = ""
    kind: str = CAMPAIGN
    campaign_id: int | None = None
    campaign_lead_id: int | None = None
    step_id: int | None = None
    lead_id: int | None = None
    thread_id: int | None = None
    created_by_id: int | None = None
    send_at: datetime | None = None
    expires_at: datetime | None = None
    priority: int = PRIORITY_CAMPAIGN
    subject: str = ""
    body_html: str = ""
    body_text: str = ""
    in_reply_to: str = ""
    references: Sequence[str] = ()
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def queue_mails(mails: Iterable[OutgoingMail]) -> list[int]:
    """Put mails into the outbox with their Message-IDs and ring for the accounts that are due.

    The id of each mail, in order. A mail whose intent is in the outbox already is not queued
    again: its place holds the id of the row that exists. Only a row that was cancelled, or that
    certainly did not reach anybody, is taken up again with the new values.
    """
    wanted = list(mails)
    if not wanted:
        return []
    addresses = sender_addresses(mail.account_id for mail in wanted)
    ids = new_ids(len(wanted))
    rows = [
        _row(mail, row_id, addresses[mail.account_id])
        for mail, row_id in zip(wanted, ids, strict=True)
    ]
    placed = _insert(rows)
    _note_queued(placed.values())
    _ring(row for row in rows if row["id"] in placed or row["intent"] in placed)
    missing = [row["intent"] for row in rows if not {row["id"], row["intent"]} & placed.keys()]
    placed.update(known_ids(missing) if missing else {})
    return [placed.get(row["id"]) or placed[row["intent"]] for row in rows]


def queue_manual_mail(
    *,
    account_id: int,
    to_email: str,
    subject: str,
    body_html: str,
    body_text: str = "",
    to_name: str = "",
    cc: Sequence[str] = (),
    bcc: Sequence[str] = (),
    in_reply_to: str = "",
    references: Sequence[str] = (),
    thread_id: int | None = None,
    lead_id: int | None = None,
    campaign_id: int | None = None,
    campaign_lead_id: int | None = None,
    created_by_id: int | None = None,
    send_at: datetime | None = None,
    intent: str | None = None,
) -> int:
    """Queue what a person wrote: it goes before campaign mail and is held back by no limit.

    Idempotent by `intent` (a key of the form that was sent). Returns the outbox id.
    """
    mail = OutgoingMail(
        kind=MANUAL,
        priority=PRIORITY_MANUAL,
        account_id=account_id,
        to_email=to_email,
        to_name=to_name,
        subject=subject,
        body_html=body_html,
        body_text=body_text or text_of(body_html),
        cc=cc,
        bcc=bcc,
        in_reply_to=in_reply_to,
        references=references,
        thread_id=thread_id,
        lead_id=lead_id,
        campaign_id=campaign_id,
        campaign_lead_id=campaign_lead_id,
        created_by_id=created_by_id,
        send_at=send_at,
        intent=intent,
    )
    return queue_mails([mail])[0]


def queue_test_mail(
    *,
    account_id: int,
    to_email: str,
    subject: str,
    body_html: str,
    body_text: str = "",
    created_by_id: int | None = None,
) -> int:
    """Queue a finished mail somebody sends to themselves to see how it looks. No tracking."""
    mail = OutgoingMail(
        kind=TEST,
        priority=PRIORITY_MANUAL,
        account_id=account_id,
        to_email=to_email,
        subject=subject,
        body_html=body_html,
        body_text=body_text or text_of(body_html),
        created_by_id=created_by_id,
    )
    return queue_mails([mail])[0]


def mint_message_id(outbox_id: int, sender: str) -> str:
    """A Message-ID in the sender's domain that names its row in a signed token."""
    domain = sender.rpartition("@")[2].encode("idna").decode("ascii")
    return f"{token_hex(6)}.{sign_ids(MESSAGE_TOKEN, outbox_id)}@{domain}"


def _row(mail: OutgoingMail, row_id: int, sender: str) -> dict[str, Any]:
    return {
        "id": row_id,
        "workspace_id": require_workspace_id(),
        "message_id": mint_message_id(row_id, sender),
        "send_at": mail.send_at or utcnow(),
        "references": list(mail.references),
        "cc": list(mail.cc),
        "bcc": list(mail.bcc),
        "variables": dict(mail.variables),
        "options": dict(mail.options),
        **{name: getattr(mail, name) for name in _PLAIN},
    }


_PLAIN = (
    "account_id",
    "to_email",
    "to_name",
    "intent",
    "kind",
    "campaign_id",
    "campaign_lead_id",
    "step_id",
    "lead_id",
    "thread_id",
    "created_by_id",
    "expires_at",
    "priority",
    "subject",
    "body_html",
    "body_text",
    "in_reply_to",
)


def _insert(rows: list[dict[str, Any]]) -> dict[int | str, int]:
    """Insert what is new, revive what never left; ids by row id and by intent.

    The rows travel as one JSON parameter: thousands of bound values cost seconds to compile.
    """
    names = list(rows[0])
    columns = [sa.column(name, getattr(Outbox, name).type) for name in names]
    plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
    given = sa.cast(sa.literal(plain, JSONB), JSONB)
    source = sa.func.jsonb_populate_recordset(sa.literal_column("NULL::outbox"), given)
    fresh = insert(Outbox).from_select(
        names, sa.select(*source.table_valued(*columns, name="given").c), include_defaults=False
    )
    never_left = sa.or_(
        Outbox.state == "cancelled",
        *(
            sa.and_(Outbox.state == state, Outbox.error_family.in_(families))
            for state, families in SURELY_NOT_SENT.items()
        ),
    )
    again = {name: fresh.excluded[name] for name in _REVIVED}
    statement = fresh.on_conflict_do_update(
        index_elements=["workspace_id", "intent"],
        set_=again | {"state": "queued", "attempts": 0, "error_family": "", "error_text": ""},
        where=never_left,
    ).returning(Outbox.id, Outbox.intent)
    placed: dict[int | str, int] = {}
    for row_id, intent in db.session.execute(statement):
        placed[row_id] = row_id
        if intent:
            placed[intent] = row_id
    return placed


def _plain(value: Any) -> Any:
    """A value as JSON knows it."""
    return value.isoformat() if isinstance(value, datetime) else value


_REVIVED = (
    *("account_id", "send_at", "expires_at", "subject", "in_reply_to", "references"),
    *("variables", "options", "step_id", "to_email", "to_name", "priority"),
)


def _note_queued(ids: Iterable[int]) -> None:
    rows = [
        {"workspace_id": require_workspace_id(), "outbox_id": row_id, "kind": "queued"}
        for row_id in sorted(set(ids))
    ]
    if rows:
        db.session.execute(insert(SendEvent), rows)


def _ring(rows: Iterable[dict[str, Any]]) -> None:
    now = utcnow()
    for account_id in {row["account_id"] for row in rows if row["send_at"] <= now}:
        enqueue("sending.drain", account_id=account_id, once=True)
