"""Owner: accounts. Connected mailboxes and what each sent per day."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crypto import EncryptedJSON
from app.core.db import Model, Timestamps, primary_key
from app.core.tenancy import WorkspaceKeyed, WorkspaceOwned


class EmailAccount(WorkspaceOwned, Timestamps, Model):
    """A mailbox that mail leaves from and arrives in. Credentials are encrypted, write-only.

    `status`: connected | paused | reconnect_required | disconnected (the server cannot be
    reached) | removed. `sent_copy`: provider (the server files its own copy in Sent), append (we
    do), none. `credentials` holds imap_username, imap_password, smtp_username and smtp_password.
    `lease_*` and `fence` belong to sending: one drain at a time.
    """

    __tablename__ = "email_account"
    __table_args__ = (
        sa.Index(
            "uq_email_account_live_email",
            "workspace_id",
            "email",
            unique=True,
            postgresql_where=sa.text("removed_at IS NULL"),
        ),
    )

    id: Mapped[int] = primary_key()
    email: Mapped[str]
    from_name: Mapped[str] = mapped_column(default="")
    provider: Mapped[str] = mapped_column(default="imap_smtp")
    provider_name: Mapped[str] = mapped_column(default="Custom")
    imap_host: Mapped[str]
    imap_port: Mapped[int] = mapped_column(sa.Integer)
    imap_security: Mapped[str] = mapped_column(default="ssl")  # ssl | starttls | none
    smtp_host: Mapped[str]
    smtp_port: Mapped[int] = mapped_column(sa.Integer)
    smtp_security: Mapped[str] = mapped_column(default="ssl")
    # Decrypted by who asks for it alone: a secret that no key fits must not hide the account.
    credentials: Mapped[dict[str, Any]] = mapped_column(
        EncryptedJSON("email_account.credentials"), deferred=True
    )
    capabilities: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sent_copy: Mapped[str] = mapped_column(default="append")

    status: Mapped[str] = mapped_column(default="connected")
    status_reason: Mapped[str] = mapped_column(default="")
    status_changed_at: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    connected_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    is_sandbox: Mapped[bool] = mapped_column(default=False)

    daily_limit: Mapped[int] = mapped_column(sa.Integer, default=30)
    ramp_enabled: Mapped[bool] = mapped_column(default=True)
    ramp_start: Mapped[int] = mapped_column(sa.Integer, default=5)
    ramp_step: Mapped[int] = mapped_column(sa.Integer, default=2)
    gap_seconds: Mapped[int] = mapped_column(sa.Integer, default=480)
    gap_jitter_seconds: Mapped[int] = mapped_column(sa.Integer, default=360)
    time_zone: Mapped[str] = mapped_column(default="UTC")
    signature_html: Mapped[str] = mapped_column(default="")
    color: Mapped[int] = mapped_column(sa.Integer, default=0)  # index into the palette

    next_slot_at: Mapped[datetime | None]  # campaigns: no campaign mail before this
    retry_at: Mapped[datetime | None]  # sending: back-off of this account
    gap_until: Mapped[datetime | None]  # sending: no campaign mail before this
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    fence: Mapped[int] = mapped_column(default=0)
    drained_at: Mapped[datetime | None]


class AccountDay(WorkspaceKeyed, Model):
    """What one account sent on one day of its own zone; the daily limit is enforced here."""

    __tablename__ = "account_day"

    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("email_account.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    campaign_claimed: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    campaign_sent: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    manual_sent: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    failed: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    bounced: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
