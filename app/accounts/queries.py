"""Reads of accounts. Removed accounts are not found, except where it is said."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.accounts import policies
from app.auth.policies import normalise_email
from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import NotFound
from app.models import AccountDay, EmailAccount


@dataclass(frozen=True)
class AccountRow:
    """An account as its list shows it."""

    account: EmailAccount
    sent_today: int
    allowed_today: int


def get_account(account_id: int) -> EmailAccount:
    """The account of this id. Errors: NotFound."""
    account = find_account(account_id)
    if account is None:
        raise NotFound("We could not find that account.")
    return account


def find_account(account_id: int) -> EmailAccount | None:
    """The account of this id, or None."""
    return db.session.scalar(_live().where(EmailAccount.id == account_id))


def find_account_by_email(email: str) -> EmailAccount | None:
    """The account of this address, or None."""
    return db.session.scalar(_live().where(EmailAccount.email == normalise_email(email)))


def list_accounts() -> list[EmailAccount]:
    """Every account of the workspace, by address."""
    return list(db.session.scalars(_live().order_by(EmailAccount.email)))


def account_rows() -> list[AccountRow]:
    """Every account with what it sent today, in its own time zone, and what it may."""
    accounts = list_accounts()
    now = utcnow()
    around = [now.date() + timedelta(days=shift) for shift in (-1, 0, 1)]
    counted = {
        (day.account_id, day.day): day.campaign_sent + day.manual_sent
        for day in db.session.scalars(sa.select(AccountDay).where(AccountDay.day.in_(around)))
    }
    rows = []
    for account in accounts:
        today = policies.local_day(now, account.time_zone)
        allowed = policies.allowed_today(
            daily_limit=account.daily_limit,
            ramp=(account.ramp_enabled, account.ramp_start, account.ramp_step),
            connected_on=policies.local_day(account.connected_at, account.time_zone),
            today=today,
        )
        rows.append(AccountRow(account, counted.get((account.id, today), 0), allowed))
    return rows


def account_row(account: EmailAccount) -> AccountRow:
    """One account with today's figures."""
    return next(row for row in account_rows() if row.account.id == account.id)


def account_statuses() -> list[str]:
    """The state of every account."""
    live = sa.select(EmailAccount.status).where(EmailAccount.removed_at.is_(None))
    return list(db.session.scalars(live))


def disconnected_accounts(limit: int = 500) -> list[tuple[int, int]]:
    """(workspace, account) of accounts whose servers could not be reached; needs `unscoped`."""
    stmt = (
        sa.select(EmailAccount.workspace_id, EmailAccount.id)
        .where(EmailAccount.removed_at.is_(None), EmailAccount.status == "disconnected")
        .order_by(EmailAccount.status_changed_at.nulls_first(), EmailAccount.id)
        .limit(limit)
    )
    return [(row.workspace_id, row.id) for row in db.session.execute(stmt)]


def _live() -> sa.Select[EmailAccount]:
    return sa.select(EmailAccount).where(EmailAccount.removed_at.is_(None))
