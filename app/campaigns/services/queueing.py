"""Planned mails become rows: leads are queued, outbox rows exist, accounts move on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from app.campaigns.policies.delays import delay_of
from app.campaigns.policies.planner import Slot
from app.campaigns.policies.schedule import open_until
from app.campaigns.policies.sequence import reply_subject
from app.campaigns.queries import planning as due
from app.campaigns.services import moves
from app.campaigns.services.standing import Running, own_zone
from app.core.db import db
from app.mailhub.mime_headers import one_line
from app.models import Campaign, CampaignLead, EmailAccount
from app.sending.services import OutgoingMail, queue_mails

#: Of a recipient's name in the header; lists hold whole paragraphs in a cell at times.
MAX_NAME = 150


def queue_slots(slots: Sequence[Slot], rows: dict[int, Any], running: dict[int, Running]) -> None:
    """Leads become queued, outbox rows exist, accounts' next slots move on."""
    if not slots:
        return
    _set_queued(slots)
    ids = queue_mails(_mail(slot, rows[slot.lead_id], running) for slot in slots)
    by_mail = dict(zip(ids, slots, strict=True))
    for mail in due.ended_mails(by_mail):
        slot = by_mail[mail.id]
        _settle_known(mail.state, slot, rows[slot.lead_id], running)
    _move_slots(slots)


def _settle_known(state: str, slot: Slot, row: Any, running: dict[int, Running]) -> None:
    """A lead whose mail of this step is in the outbox already and does not leave by itself."""
    if state != "sent":
        reason = "The mail of this step needs a decision in the Outbox"
        moves.move([slot.lead_id], "held", out_of=("queued",), reason=reason)
        return
    following = running[row.campaign_id].steps[row.step_position : row.step_position + 1]
    wait = [delay_of(step.delay_amount, step.delay_unit) for step in following]  # type: ignore[arg-type]
    moves.move(
        [slot.lead_id],
        "waiting",
        out_of=("queued",),
        step_position=row.step_position + 1,
        due_at=slot.send_at + sum(wait, timedelta()),
    )


def _set_queued(slots: Sequence[Slot]) -> None:
    """All planned leads at once."""
    moved = pairs("moved", [s.lead_id for s in slots], [s.account_id for s in slots], sa.BigInteger)
    db.session.execute(
        sa.update(CampaignLead)
        .where(CampaignLead.id == moved.c.id)
        .values(state="queued", account_id=moved.c.value, state_changed_at=sa.func.now())
        .execution_options(synchronize_session=False)
    )


def _move_slots(slots: Sequence[Slot]) -> None:
    """No campaign mail of these accounts before their next slot."""
    last: dict[int, datetime] = {}
    for slot in slots:
        last[slot.account_id] = max(slot.next_slot_at, last.get(slot.account_id, slot.next_slot_at))
    ids = sorted(last)
    moved = pairs("moved", ids, [last[i] for i in ids], sa.DateTime(timezone=True))
    # owner: the next slot is the planner's own mark on the account
    db.session.execute(
        sa.update(EmailAccount)
        .where(EmailAccount.id == moved.c.id)
        .values(next_slot_at=moved.c.value)
        .execution_options(synchronize_session=False)
    )


def pairs(name: str, ids: list[int], values: list[Any], kind: Any) -> sa.TableValuedAlias:
    """Ids and values as a table of two array parameters."""
    columns = (sa.column("id", sa.BigInteger), sa.column("value", kind))
    arrays = (sa.cast(ids, ARRAY(sa.BigInteger)), sa.cast(values, ARRAY(kind)))
    return sa.func.unnest(*arrays).table_valued(*columns, name=name).render_derived()


def _mail(slot: Slot, row: Any, running: dict[int, Running]) -> OutgoingMail:
    """The outbox row of one slot; a step without a subject goes on in the thread."""
    run = running[row.campaign_id]
    step = run.steps[row.step_position - 1]
    in_thread = bool(row.last_message_id) and not step.subject.strip()
    zone = own_zone(run, row.time_zone)
    return OutgoingMail(
        account_id=slot.account_id,
        to_email=row.email,
        to_name=one_line(f"{row.first_name} {row.last_name}")[:MAX_NAME],
        intent=f"campaign-lead:{row.id}:step:{step.id}",
        campaign_id=row.campaign_id,
        campaign_lead_id=row.id,
        step_id=step.id,
        lead_id=row.lead_id,
        send_at=slot.send_at,
        expires_at=open_until(run.schedule, slot.send_at, zone),
        subject=reply_subject(row.thread_subject) if in_thread else "",
        in_reply_to=row.last_message_id if in_thread else "",
        references=row.references if in_thread else (),
        variables=variables(row),
        options=options(run.campaign),
    )


def variables(row: Any) -> dict[str, Any]:
    """What the text of a mail may use of its lead; own fields win over custom ones."""
    names = ("email", "first_name", "last_name", "company", "title", "phone", "website")
    return {**row.custom, **{name: getattr(row, name) for name in names}}


def options(campaign: Campaign) -> dict[str, Any]:
    """How the mails of a campaign are measured and can be refused."""
    return {
        "track_opens": campaign.track_opens,
        "track_clicks": campaign.track_clicks,
        "unsubscribe": "header" if campaign.unsubscribe_header else "",
    }
