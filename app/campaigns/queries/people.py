"""Campaign leads as the Leads tab, the explanations and the lead panel show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import SEARCH_COUNTED, Page, count_rows, keyset_page
from app.leads.queries import matches
from app.models import Campaign, CampaignLead, EmailAccount, Lead, Outbox

#: Words of the states, as people read them.
STATE_WORDS: dict[str, str] = {
    "waiting": "Waiting",
    "queued": "Sending",
    "paused": "Paused",
    "held": "To check",
    "replied": "Replied",
    "bounced": "Bounced",
    "unsubscribed": "Unsubscribed",
    "stopped": "Stopped",
    "failed": "Failed",
    "completed": "Finished",
}


@dataclass(frozen=True)
class Person:
    """A campaign lead with its lead and its sender's address."""

    entry: CampaignLead
    lead: Lead
    sender: str

    @property
    def name(self) -> str:
        """First and last name, empty when neither is known."""
        return f"{self.lead.first_name} {self.lead.last_name}".strip()


def list_people(
    campaign_id: int,
    *,
    state: str = "",
    search: str = "",
    cursor: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[Person]:
    """The leads of a campaign in the order of enrolment."""
    page = keyset_page(
        _people().where(*_narrow(campaign_id, state, search)).add_columns(CampaignLead.id),
        (CampaignLead.id,),
        cursor,
        limit=limit,
        offset=offset,
        descending=False,
        scalars=False,
    )
    return Page([_person(row) for row in page.items], page.next_cursor)


def count_people(campaign: Campaign, *, state: str = "", search: str = "") -> int:
    """How many of a campaign's leads a list has; of those that match a search, 10,000 at most."""
    if state not in STATE_WORDS and not search.strip():
        return campaign.leads_count
    statement = sa.select(CampaignLead.id).where(*_narrow(campaign.id, state, search))
    if search.strip():
        return count_rows(statement.join(Lead, Lead.id == CampaignLead.lead_id), SEARCH_COUNTED)
    return count_rows(statement)


def _narrow(campaign_id: int, state: str, search: str) -> list[sa.ColumnElement[bool]]:
    conditions = [CampaignLead.campaign_id == campaign_id]
    if state in STATE_WORDS:
        conditions.append(CampaignLead.state == state)
    return [*conditions, matches(search)] if search.strip() else conditions


def queued_slots(ids: Sequence[int]) -> dict[int, datetime]:
    """When the mails that wait for these campaign leads may leave."""
    statement = sa.select(Outbox.campaign_lead_id, Outbox.send_at).where(
        Outbox.campaign_lead_id.in_(ids), Outbox.state == "queued"
    )
    rows = db.session.execute(statement) if ids else ()
    return {row.campaign_lead_id: row.send_at for row in rows}


def get_person(campaign_id: int, entry_id: int) -> Person:
    """Errors: NotFound."""
    statement = _people().where(CampaignLead.id == entry_id)
    row = db.session.execute(statement.where(CampaignLead.campaign_id == campaign_id)).first()
    if row is None:
        raise NotFound("This lead is not in the campaign any more.")
    return _person(row)


def find_person(entry_id: int) -> Person | None:
    """A campaign lead of any campaign of the workspace."""
    row = db.session.execute(_people().where(CampaignLead.id == entry_id)).first()
    return _person(row) if row is not None else None


def _people() -> Any:
    """A select of campaign leads with what is shown beside them."""
    return (
        sa.select(CampaignLead, Lead, EmailAccount.email)
        .join(Lead, Lead.id == CampaignLead.lead_id)
        .outerjoin(EmailAccount, EmailAccount.id == CampaignLead.account_id)
    )


def _person(row: Any) -> Person:
    """A row of `_people`."""
    return Person(row[0], row[1], row[2] or "")


def state_counts(campaign_id: int) -> dict[str, int]:
    """How many leads are in which state, from the index on (campaign, state)."""
    statement = (
        sa.select(CampaignLead.state, sa.func.count())
        .where(CampaignLead.campaign_id == campaign_id)
        .group_by(CampaignLead.state)
    )
    found = {row[0]: row[1] for row in db.session.execute(statement)}
    return {state: found[state] for state in STATE_WORDS if state in found}


def sample_leads(campaign_id: int, limit: int = 100) -> list[Lead]:
    """Some leads of the campaign, the first enrolled first: for previews and checks."""
    statement = (
        sa.select(Lead)
        .join(CampaignLead, CampaignLead.lead_id == Lead.id)
        .where(CampaignLead.campaign_id == campaign_id)
        .order_by(CampaignLead.lead_id)
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def find_lead_in(campaign_id: int, lead_id: int | None) -> Lead | None:
    """This lead of the campaign; without an id, or an unknown one, the first."""
    statement = (
        sa.select(Lead)
        .join(CampaignLead, CampaignLead.lead_id == Lead.id)
        .where(CampaignLead.campaign_id == campaign_id)
        .order_by(CampaignLead.lead_id)
        .limit(1)
    )
    chosen = db.session.scalar(statement.where(Lead.id == lead_id)) if lead_id else None
    return chosen or db.session.scalar(statement)


def sender_of(campaign_id: int, lead_id: int) -> EmailAccount | None:
    """The account that writes to this lead, once there is one."""
    return db.session.scalar(
        sa.select(EmailAccount)
        .join(CampaignLead, CampaignLead.account_id == EmailAccount.id)
        .where(CampaignLead.campaign_id == campaign_id, CampaignLead.lead_id == lead_id)
    )


def held_on_lost_accounts(campaign_id: int) -> int:
    """How many waiting leads belong to an account that cannot send now."""
    cannot = sa.or_(EmailAccount.status != "connected", EmailAccount.removed_at.is_not(None))
    lost = list(db.session.scalars(sa.select(EmailAccount.id).where(cannot)))
    if not lost:
        return 0
    statement = sa.select(sa.func.count()).where(
        CampaignLead.account_id.in_(lost),
        CampaignLead.campaign_id == campaign_id,
        CampaignLead.state == "waiting",
        CampaignLead.step_position > 1,
    )
    return db.session.scalar(statement) or 0
