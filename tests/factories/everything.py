"""A workspace with one of everything a page can show, for tests that walk over all routes."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

from app.core.blobs import put_blob
from app.core.clock import utcnow
from app.core.db import db
from app.leads.services.imports import start_import
from app.leads.services.suppressions import suppress
from app.mailhub.incoming import IncomingAttachment, Link, Spot
from app.models import (
    AccountDay,
    Activity,
    Attachment,
    Campaign,
    CampaignDay,
    DemoRun,
    EmailAccount,
    Folder,
    ImportRow,
    Invitation,
    MailAction,
    SendEvent,
    Suppression,
    TrackedLink,
    TrackingHit,
    User,
)
from tests.factories.accounts import make_account
from tests.factories.campaigns import make_campaign, make_campaign_lead
from tests.factories.leads import make_lead
from tests.factories.mails import make_message
from tests.factories.sending import make_outbox

Ids = dict[str, int]
PART = 2  # of the stored mail: its file


def make_everything(workspace_id: int, *, owner: User, guest: User) -> Ids:
    """Fill the current workspace. Returns an id for each name that paths use."""
    account = make_account(is_sandbox=True)
    campaign = make_campaign(
        accounts=[account], steps=2, status="active", launched_at=utcnow(), owner_id=owner.id,
        leads_count=1, contacted_count=1, sent_count=1, opened_count=1,
    )  # fmt: skip
    lead = make_lead(custom={"team": "Sales"})
    entry = make_campaign_lead(campaign, lead, account_id=account.id, state="waiting")
    _count(account, campaign)
    outbox_id = _mails(account, campaign.id, entry.id, campaign.steps[0].id)
    return {
        "account_id": account.id,
        "campaign_id": campaign.id,
        "step_id": campaign.steps[0].id,
        "lead_id": lead.id,
        "entry_id": entry.id,
        "outbox_id": outbox_id,
        "workspace_id": workspace_id,
        "user_id": guest.id,
        "invitation_id": _invitation(workspace_id, owner),
        "suppression_id": _suppression(),
        "part": PART,
        **_import(campaign, owner),
        **_conversation(account, Link(outbox_id, campaign.id, entry.id, lead.id, "reference", 1.0)),
    }


def _count(account: EmailAccount, campaign: Campaign) -> None:
    today = utcnow().date()
    db.session.add(CampaignDay(campaign_id=campaign.id, day=today, sent=1, opened=1))
    db.session.add(AccountDay(account_id=account.id, day=today, campaign_sent=1))
    db.session.add(DemoRun(campaign_id=campaign.id))
    db.session.add(Activity(kind="campaigns.launched", subject_id=campaign.id))
    db.session.flush()


def _mails(account: EmailAccount, campaign_id: int, entry_id: int, step_id: int) -> int:
    """A sent mail that was opened, a queued one and one that is held."""
    ours: dict[str, Any] = {
        "kind": "campaign",
        "campaign_id": campaign_id,
        "campaign_lead_id": entry_id,
        "step_id": step_id,
    }
    sent = make_outbox(account, state="sent", sent_at=utcnow() - timedelta(hours=1), **ours)
    make_outbox(account, **ours)
    make_outbox(account, state="held", error_text="The server hung up.", **ours)
    link = TrackedLink(campaign_id=campaign_id, url="https://example.test/", url_hash="a" * 64)
    db.session.add_all([link, SendEvent(outbox_id=sent.id, kind="sent")])
    db.session.flush()
    db.session.add(TrackingHit(outbox_id=sent.id, kind="open", link_id=link.id))
    return sent.id


def _invitation(workspace_id: int, owner: User) -> int:
    invitation = Invitation(
        workspace_id=workspace_id, email="guest@example.test", role="member",
        token_hash=uuid4().hex * 2, invited_by_id=owner.id, expires_at=utcnow() + timedelta(days=2),
    )  # fmt: skip
    db.session.add(invitation)
    db.session.flush()
    return invitation.id


def _suppression() -> int:
    suppress("never@example.test", reason="manual", source="test")
    entry = db.session.query(Suppression).filter_by(value="never@example.test").one()
    return entry.id


def _import(campaign: Campaign, owner: User) -> Ids:
    imported = start_import(
        filename="people.csv",
        chunks=[b"email,first name\nada@example.test,Ada\n"],
        campaign_id=campaign.id,
        user_id=owner.id,
    )
    db.session.add(ImportRow(import_id=imported.id, line=2, email="ada@example.test"))
    db.session.flush()
    return {"import_id": imported.id, "imported_id": imported.id}


def _conversation(account: EmailAccount, link: Link) -> Ids:
    folder = Folder(
        account_id=account.id, remote_name="INBOX", name="Inbox", role="inbox", is_synced=True
    )
    db.session.add(folder)
    db.session.flush()
    stored = make_message(
        account,
        raw_blob=put_blob(_letter()),
        body_html="<p>Here is the list.</p>",
        spot=Spot(folder.id, 1, 1),
        link=link,
        attachments=[IncomingAttachment(str(PART), "list.txt", "text/plain", 5, "", False)],
    )
    db.session.add(MailAction(account_id=account.id, message_id=stored.id, kind="seen"))
    file = db.session.query(Attachment).filter_by(message_id=stored.id).one()
    return {"thread_id": stored.thread_id, "message_id": stored.id, "attachment_id": file.id}


def _letter() -> bytes:
    letter = EmailMessage()
    letter["From"], letter["Subject"] = "lea@example.test", "The list"
    letter.set_content("Here is the list.")
    letter.add_attachment("Hello", filename="list.txt")
    return letter.as_bytes()
