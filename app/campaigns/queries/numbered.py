"""Numbered pages of campaigns, for the JSON door, whose clients count pages."""

import sqlalchemy as sa

from app.campaigns.queries.campaigns import STATUSES
from app.core.db import db
from app.core.paging import count_rows
from app.models import Campaign


def page_of_campaigns(
    *, status: str, search: str, offset: int, limit: int
) -> tuple[list[Campaign], int]:
    """Some campaigns, the newest first, and how many there are in all."""
    statement = sa.select(Campaign).where(Campaign.deleted_at.is_(None))
    if status in STATUSES:
        statement = statement.where(Campaign.status == status)
    for word in search.split()[:6]:
        statement = statement.where(Campaign.name.icontains(word, autoescape=True))
    ordered = statement.order_by(Campaign.created_at.desc(), Campaign.id.desc())
    return list(db.session.scalars(ordered.offset(offset).limit(limit))), count_rows(statement)
