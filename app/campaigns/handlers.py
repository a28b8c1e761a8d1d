"""Reactions to what happens below: mails sent, answers, bounces, opens, imports, lost accounts.

All run inside the publisher's transaction, so a stop is committed together with its cause.
"""

from app.accounts.events import AccountBroken, AccountPaused, AccountRemoved
from app.campaigns.services import enrolment, progress, reactions
from app.campaigns.services.running import reopen_completed
from app.leads.events import ImportCommitted, ImportRowsChecked, LeadsImported, LeadSuppressed
from app.sending.events import MailCancelled, MailFailed, MailHeld, MailSent
from app.sync.events import (
    AutoReplyReceived,
    BounceReceived,
    ComplaintReceived,
    ReplyReceived,
)
from app.tracking.events import ClickRecorded, OpenRecorded, UnsubscribeRequested


def on_mail_sent(event: MailSent) -> None:
    """Leads advance."""
    if mails := progress.of_campaigns(event.mails):
        progress.mails_sent(mails)


def on_mail_failed(event: MailFailed) -> None:
    """Leads bounce or fail."""
    progress.mails_failed(progress.of_campaigns(event.mails))


def on_mail_held(event: MailHeld) -> None:
    """Leads go to To check."""
    progress.mails_held(progress.of_campaigns(event.mails))


def on_mail_cancelled(event: MailCancelled) -> None:
    """Leads stop or wait again."""
    progress.mails_cancelled(progress.of_campaigns(event.mails))


def on_reply_received(event: ReplyReceived) -> None:
    """A person answered."""
    if event.campaign_lead_id is not None:
        reactions.replied(event.campaign_lead_id, event.at)


def on_auto_reply_received(event: AutoReplyReceived) -> None:
    """A machine answered, perhaps to say that its owner is away, or gone for good."""
    if event.campaign_lead_id is None:
        return
    if event.left_company:
        reactions.left_company(event.campaign_lead_id, event.at)
    elif event.kind == "out_of_office":
        reactions.out_of_office(event.campaign_lead_id, event.at, event.returns_on)
    else:
        reactions.auto_replied(event.campaign_lead_id, event.at)


def on_bounce_received(event: BounceReceived) -> None:
    """A mail came back after it was taken; only a hard bounce says that the address is bad."""
    if event.campaign_lead_id is not None and event.severity == "hard":
        reason = " ".join(part for part in (event.status, event.reason) if part)
        progress.bounced(event.campaign_lead_id, event.at, reason or "The mail came back")


def on_complaint_received(event: ComplaintReceived) -> None:
    """The recipient called it spam: never again."""
    if event.campaign_lead_id is not None:
        reactions.unsubscribed(event.campaign_lead_id, event.at)
        progress.suppress_lead(event.campaign_lead_id, "complaint")


def on_open_recorded(event: OpenRecorded) -> None:
    """A mail was opened."""
    if event.campaign_lead_id is not None:
        reactions.opened(event.campaign_lead_id, event.at, human=event.is_human)


def on_click_recorded(event: ClickRecorded) -> None:
    """A link was followed."""
    if event.campaign_lead_id is not None:
        reactions.clicked(event.campaign_lead_id, event.at, human=event.is_human)


def on_unsubscribe_requested(event: UnsubscribeRequested) -> None:
    """Somebody wants no more mail."""
    if event.campaign_lead_id is not None:
        reactions.unsubscribed(event.campaign_lead_id, event.at)


def on_lead_suppressed(event: LeadSuppressed) -> None:
    """An address or a domain is on the do-not-contact list now."""
    reactions.suppressed(email=event.email, domain=event.domain)


def on_account_stopped(event: AccountPaused | AccountBroken | AccountRemoved) -> None:
    """A sender account is paused, broken or removed: its queued mails wait."""
    progress.release_account(event.account_id, "The sender account stopped")


def on_import_rows_checked(event: ImportRowsChecked) -> None:
    """Rows of people who are in the campaign already are skipped."""
    if event.campaign_id is not None:
        enrolment.mark_enrolled_rows(event.campaign_id, event.import_id)


def on_leads_imported(event: LeadsImported) -> None:
    """A batch of an import is enrolled with it."""
    if event.campaign_id is not None:
        enrolment.enrol_import_batch(
            event.campaign_id, event.import_id, event.first_line, event.last_line
        )


def on_import_committed(event: ImportCommitted) -> None:
    """The planner looks at once."""
    if event.campaign_id is not None:
        reopen_completed(event.campaign_id)
