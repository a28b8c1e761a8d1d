"""What the sandbox room reads."""

import sqlalchemy as sa

from app.accounts.queries import list_accounts
from app.core.db import db
from app.core.settings import settings
from app.core.tenancy import require_workspace_id
from app.leads.queries import leads_by_email
from app.models import CampaignLead, DemoRun, EmailAccount, Workspace
from app.sandbox.example_list import CANDIDATES, FIRST_PERSON, LENGTH
from app.sandbox.persons import Person, person


def sandbox_accounts() -> list[EmailAccount]:
    """The workspace's connected accounts of the sandbox, oldest first."""
    statement = sa.select(EmailAccount).where(
        EmailAccount.is_sandbox, EmailAccount.removed_at.is_(None)
    )
    return list(db.session.scalars(statement.order_by(EmailAccount.id)))


def lock_workspace() -> None:
    """Two clicks at once wait for each other here, until the transaction ends."""
    workspace_id = require_workspace_id()
    db.session.execute(
        sa.select(Workspace.id).where(Workspace.id == workspace_id).with_for_update()
    )


def connected_addresses() -> set[str]:
    """The addresses of all connected accounts of the workspace."""
    return {account.email for account in list_accounts()}


def misplaced_accounts() -> list[tuple[int, int]]:
    """(workspace, account) of sandbox accounts that name other ports than the sandbox uses now;
    needs `unscoped`."""
    here = (settings.sandbox_imap_port, settings.sandbox_smtp_port)
    statement = sa.select(EmailAccount.workspace_id, EmailAccount.id).where(
        EmailAccount.is_sandbox,
        EmailAccount.removed_at.is_(None),
        sa.tuple_(EmailAccount.imap_port, EmailAccount.smtp_port) != here,
    )
    return [
        (row.workspace_id, row.id)
        for row in db.session.execute(statement.order_by(EmailAccount.id))
    ]


def find_demo() -> DemoRun | None:
    """The workspace's demo, if it has one."""
    return db.session.scalar(sa.select(DemoRun))


def trickling_demos() -> list[tuple[int, int]]:
    """(workspace, demo) of every demo with a campaign; needs `unscoped`."""
    statement = sa.select(DemoRun.workspace_id, DemoRun.id).where(DemoRun.campaign_id.is_not(None))
    return [(row.workspace_id, row.id) for row in db.session.execute(statement)]


def fresh_leads(campaign_id: int) -> int:
    """How many leads of a campaign were never written to and still will be."""
    statement = sa.select(sa.func.count()).where(
        CampaignLead.campaign_id == campaign_id,
        CampaignLead.state == "waiting",
        CampaignLead.step_position == 1,
    )
    return db.session.scalar(statement) or 0


def people_for_a_list() -> list[Person]:
    """Twenty people who are not yet leads of the workspace, so that each list is a fresh one."""
    candidates = [person(number) for number in range(FIRST_PERSON, FIRST_PERSON + CANDIDATES)]
    known = leads_by_email(who.email for who in candidates)
    fresh = [who for who in candidates if who.email not in known]
    return (fresh or candidates)[:LENGTH]
