"""What a mail's fate means for its campaign lead: advance, bounce, fail, hold, wait again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from app.campaigns.policies.delays import delay_of
from app.campaigns.queries import planning
from app.campaigns.services import counters, moves
from app.core.clock import utcnow
from app.core.db import db
from app.leads.services import suppress
from app.models import CampaignLead, Lead, Step
from app.sending.events import MailNote
from app.sending.services import cancel_queued

#: A held mail that a person sends after all advances its lead like any other.
ADVANCING = ("queued", "held")
BOUNCE_EVENT, SENT_EVENT = "bounced", "sent"


def of_campaigns(mails: Iterable[MailNote]) -> list[MailNote]:
    """Only campaign mail."""
    return [m for m in mails if m.kind == "campaign" and m.campaign_lead_id is not None]


def mails_sent(mails: Sequence[MailNote]) -> None:
    """The next step is due after its delay; after the last step the lead is completed.

    Leads that were stopped meanwhile stay stopped, but what was sent is remembered and counted.
    """
    leads = _leads(mails)
    steps = planning.steps_by_campaign({m.campaign_id for m in mails if m.campaign_id})
    totals: dict[int, dict[str, int]] = defaultdict(
        lambda: {"sent": 0, "contacted": 0, "finished": 0}
    )
    for mail in mails:
        lead = leads.get(mail.campaign_lead_id or 0)
        if lead is None or lead.last_message_id == _wire_id(mail):
            continue  # deleted, or announced twice
        total = totals[lead.campaign_id]
        total["sent"] += 1
        total["contacted"] += lead.first_sent_at is None and lead.bounced_at is None
        total["finished"] += _advance(lead, mail, steps.get(lead.campaign_id, []))
    db.session.flush()
    counters.count_many(totals, max(m.at for m in mails))


def _leads(mails: Sequence[MailNote]) -> dict[int, CampaignLead]:
    """The campaign leads of these mails, locked in order of their ids."""
    ids = {m.campaign_lead_id for m in mails}
    statement = (
        sa.select(CampaignLead)
        .where(CampaignLead.id.in_(ids))
        .order_by(CampaignLead.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {lead.id: lead for lead in db.session.scalars(statement)}


def _wire_id(mail: MailNote) -> str:
    """The Message-ID the recipient sees: some servers put their own in place of ours."""
    return mail.provider_message_id or mail.message_id


def _advance(lead: CampaignLead, mail: MailNote, steps: Sequence[Step]) -> bool:
    """Remember the mail and move the lead on; whether it has now finished."""
    message_id = _wire_id(mail)
    in_thread = bool(mail.in_reply_to) and bool(lead.references)
    if not in_thread:
        lead.thread_subject = mail.subject
    lead.references = [*(lead.references if in_thread else []), message_id][-50:]
    lead.first_message_id = lead.first_message_id or message_id
    lead.last_message_id = message_id
    lead.account_id = mail.account_id
    lead.first_sent_at = lead.first_sent_at or mail.at
    lead.last_sent_at = mail.at
    lead.last_event, lead.last_event_at = SENT_EVENT, mail.at
    lead.step_position = _next_position(lead, mail, steps)
    following = steps[lead.step_position - 1] if lead.step_position <= len(steps) else None
    if following is not None:
        lead.due_at = mail.at + delay_of(following.delay_amount, following.delay_unit)  # type: ignore[arg-type]
    else:
        lead.due_at = None
    if lead.state not in (*ADVANCING, "failed"):  # a person sent again what had failed
        return False
    lead.state = "waiting" if following is not None else "completed"
    lead.state_reason, lead.state_changed_at = "", mail.at
    return following is None


def _next_position(lead: CampaignLead, mail: MailNote, steps: Sequence[Step]) -> int:
    """After the step that was sent; if that step is gone, where the change of sequence left it."""
    sent = next((s.position for s in steps if s.id == mail.step_id), None)
    return sent + 1 if sent is not None else lead.step_position


def mails_failed(mails: Sequence[MailNote]) -> None:
    """A bad address bounces its lead and is not written to again; other failures are shown."""
    for mail in mails:
        if mail.family == "address":
            bounced(mail.campaign_lead_id or 0, mail.at, mail.reason)
        elif mail.family == "discarded":
            _end(mail, "stopped", "The mail was discarded by hand")
        else:
            _end(mail, "failed", mail.reason or "The mail could not be sent")


def _end(mail: MailNote, state: str, reason: str) -> None:
    """The lead leaves the sequence for a reason that is not its own."""
    moves.move([mail.campaign_lead_id or 0], state, out_of=ADVANCING, reason=reason[:500])


def bounced(campaign_lead_id: int, at: datetime, reason: str) -> None:
    """Stop the lead, count the bounce once, never write to the address again.

    Who was refused at the first hand-over was contacted too: rates are shares of those.
    """
    campaign_id = moves.mark_once(campaign_lead_id, "bounced_at", at, BOUNCE_EVENT)
    moved = moves.move(
        [campaign_lead_id], "bounced", out_of=moves.BEFORE_BOUNCE, reason=reason[:500], due_at=None
    )
    if campaign_id is not None:
        figures = {"bounced": 1, "finished": -moves.no_longer_finished(moved)}
        counters.count(campaign_id, at, contacted=_is_first_try(campaign_lead_id), **figures)
    suppress_lead(campaign_lead_id, "bounced")


def _is_first_try(campaign_lead_id: int) -> int:
    """1 when no mail to this lead has left before."""
    statement = sa.select(CampaignLead.first_sent_at).where(CampaignLead.id == campaign_lead_id)
    return int(db.session.scalar(statement) is None)


def suppress_lead(campaign_lead_id: int, reason: str) -> None:
    """Never write to the lead's own address again. What a report names is only a claim."""
    address = sa.select(Lead.email).join(CampaignLead, CampaignLead.lead_id == Lead.id)
    email = db.session.scalar(address.where(CampaignLead.id == campaign_lead_id))
    if email is not None:
        suppress(email, reason=reason, source="campaign")


def mails_held(mails: Sequence[MailNote]) -> None:
    """To check: the lead waits for a person, with the reason."""
    for mail in mails:
        moves.move(
            [mail.campaign_lead_id or 0],
            "held",
            out_of=("queued",),
            reason=(mail.reason or "The mail needs a decision")[:500],
        )


def mails_cancelled(mails: Sequence[MailNote]) -> None:
    """Mail that sending dropped: suppressed leads stop, the others wait for another slot."""
    for mail in mails:
        ids = [mail.campaign_lead_id or 0]
        if mail.family == "suppressed":
            moves.move(ids, "stopped", out_of=("queued",), reason="On the do-not-contact list")
        else:
            moves.back_to_waiting(ids, due_at=utcnow())


def release_account(account_id: int, reason: str) -> int:
    """An account stopped sending: what is queued on it waits for it again."""
    ids = db.session.scalars(
        sa.select(CampaignLead.id).where(
            CampaignLead.account_id == account_id, CampaignLead.state == "queued"
        )
    )
    cancelled = cancel_queued(campaign_lead_ids=list(ids), reason=reason)
    return len(moves.back_to_waiting(cancelled))
