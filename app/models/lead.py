"""Owner: leads. Leads, their imports, and who must not be contacted."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utcnow
from app.core.db import Model, Timestamps, primary_key
from app.core.tenancy import WorkspaceOwned


class Lead(WorkspaceOwned, Timestamps, Model):
    """A person who may be contacted. `email` is normalised to lower case."""

    __tablename__ = "lead"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "email"),
        sa.Index("ix_lead_workspace_id_created", "workspace_id", "created_at", "id"),
        sa.Index("ix_lead_workspace_id_domain", "workspace_id", "domain"),
    )

    id: Mapped[int] = primary_key()
    email: Mapped[str]
    domain: Mapped[str]
    first_name: Mapped[str] = mapped_column(default="", server_default="")
    last_name: Mapped[str] = mapped_column(default="", server_default="")
    company: Mapped[str] = mapped_column(default="", server_default="")
    title: Mapped[str] = mapped_column(default="", server_default="")
    phone: Mapped[str] = mapped_column(default="", server_default="")
    website: Mapped[str] = mapped_column(default="", server_default="")
    time_zone: Mapped[str] = mapped_column(default="", server_default="")
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    source: Mapped[str] = mapped_column(default="", server_default="")
    # No foreign key: it would be checked with every row, and every lead be read when a list that
    # was not taken in is discarded. A list that was is never deleted.
    import_id: Mapped[int | None]


class LeadImport(WorkspaceOwned, Timestamps, Model):
    """One uploaded list on its way in: uploaded → checking → checked → committing → done | failed."""

    __tablename__ = "lead_import"

    id: Mapped[int] = primary_key()
    campaign_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("campaign.id", ondelete="SET NULL")
    )
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    filename: Mapped[str]
    blob: Mapped[str]
    size: Mapped[int]
    state: Mapped[str] = mapped_column(default="uploaded")
    dialect: Mapped[dict[str, Any]] = mapped_column(default=dict)  # encoding, delimiter, header
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)  # column index → field
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)  # counts by outcome
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    finished_at: Mapped[datetime | None]


class ImportRow(WorkspaceOwned, Model):
    """Staging: one line of an import, with what became of it.

    A copy of what stands in the file, so it is neither logged (a crash of the database empties it,
    which the jobs notice) nor checked against other tables row by row.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        sa.PrimaryKeyConstraint("import_id", "line", "workspace_id"),
        {"prefixes": ["UNLOGGED"]},
    )

    workspace_id: Mapped[int] = mapped_column(sa.BigInteger)
    import_id: Mapped[int]
    line: Mapped[int]
    email: Mapped[str] = mapped_column(default="", server_default="")
    first_name: Mapped[str] = mapped_column(default="", server_default="")
    last_name: Mapped[str] = mapped_column(default="", server_default="")
    company: Mapped[str] = mapped_column(default="", server_default="")
    title: Mapped[str] = mapped_column(default="", server_default="")
    phone: Mapped[str] = mapped_column(default="", server_default="")
    website: Mapped[str] = mapped_column(default="", server_default="")
    time_zone: Mapped[str] = mapped_column(default="", server_default="")
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    outcome: Mapped[str] = mapped_column(
        default="", server_default=""
    )  # new | update | skip reason
    lead_id: Mapped[int | None]


class Suppression(WorkspaceOwned, Model):
    """Do not contact: an address or a whole domain."""

    __tablename__ = "suppression"
    __table_args__ = (sa.UniqueConstraint("workspace_id", "kind", "value"),)

    id: Mapped[int] = primary_key()
    kind: Mapped[str]  # email | domain
    value: Mapped[str]
    reason: Mapped[str]  # unsubscribed | bounced | manual | complaint
    source: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
