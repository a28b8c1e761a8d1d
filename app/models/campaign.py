"""Owner: campaigns. Campaigns, their steps and windows, and the leads enrolled in them."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model, Timestamps, primary_key
from app.core.tenancy import WorkspaceKeyed, WorkspaceOwned


class Campaign(WorkspaceOwned, Timestamps, Model):
    """A sequence of mails to a list of leads. `status`: draft | active | paused | completed | archived."""

    __tablename__ = "campaign"
    __table_args__ = (
        sa.Index("ix_campaign_workspace_id_created", "workspace_id", "created_at", "id"),
    )

    id: Mapped[int] = primary_key()
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="manual")
    status: Mapped[str] = mapped_column(default="draft")
    status_reason: Mapped[str] = mapped_column(default="")
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))

    time_zone: Mapped[str] = mapped_column(default="UTC")
    use_lead_time_zone: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    start_at: Mapped[datetime | None]
    end_at: Mapped[datetime | None]
    daily_cap: Mapped[int | None] = mapped_column(sa.Integer)
    daily_new_cap: Mapped[int | None] = mapped_column(sa.Integer)
    priority: Mapped[str] = mapped_column(default="strict")  # strict: follow-ups first

    track_opens: Mapped[bool] = mapped_column(default=True)
    track_clicks: Mapped[bool] = mapped_column(default=True)
    unsubscribe_header: Mapped[bool] = mapped_column(default=True)
    stop_on_auto_reply: Mapped[bool] = mapped_column(default=False)

    launched_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    # Totals kept in the same transaction as what they count: leads, contacted, sent, opened,
    # opened_machine, clicked, clicked_machine, replied, auto_replied, bounced, unsubscribed,
    # finished. Rebuildable from campaign_lead. Contacted: written to, or refused at the hand-over.
    leads_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    contacted_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    sent_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    opened_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    opened_machine_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    clicked_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    clicked_machine_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    replied_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    auto_replied_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    bounced_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    unsubscribed_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    finished_count: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")

    steps: Mapped[list["Step"]] = relationship(
        order_by="Step.position", lazy="select", viewonly=True
    )


class Step(WorkspaceOwned, Timestamps, Model):
    """One mail of the sequence. An empty subject continues the thread of the first mail."""

    __tablename__ = "step"
    __table_args__ = (sa.Index("ix_step_campaign_id_position", "campaign_id", "position"),)

    id: Mapped[int] = primary_key()
    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(sa.Integer)  # 1, 2, 3 …
    delay_amount: Mapped[int] = mapped_column(sa.Integer, default=0)
    delay_unit: Mapped[str] = mapped_column(default="days")  # minutes | hours | days
    subject: Mapped[str] = mapped_column(default="")
    body_html: Mapped[str] = mapped_column(default="")


class SendingWindow(WorkspaceOwned, Model):
    """An open span of a weekday, in minutes after midnight of the campaign's zone."""

    __tablename__ = "sending_window"
    __table_args__ = (sa.Index("ix_sending_window_campaign_id", "campaign_id"),)

    id: Mapped[int] = primary_key()
    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"))
    weekday: Mapped[int] = mapped_column(sa.Integer)  # 0 = Monday
    start_minute: Mapped[int] = mapped_column(sa.Integer)
    end_minute: Mapped[int] = mapped_column(sa.Integer)  # 1440 = midnight


class CampaignAccount(WorkspaceKeyed, Model):
    """A sender account that a campaign may use."""

    __tablename__ = "campaign_account"

    campaign_id: Mapped[int] = mapped_column(
        sa.ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("email_account.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class CampaignLead(WorkspaceOwned, Timestamps, Model):
    """A lead enrolled in a campaign.

    `state`: waiting (due_at says when) | queued (an outbox row exists for `step_position`) |
    paused (resume_at or a person) | held (To check, see state_reason) | replied | bounced |
    unsubscribed | stopped | failed | completed. The first four are not terminal.
    """

    __tablename__ = "campaign_lead"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "campaign_id", "lead_id"),
        sa.Index("ix_campaign_lead_campaign_lead", "campaign_id", "lead_id"),
        sa.Index(
            "ix_campaign_lead_due", "campaign_id", "due_at", postgresql_where="state = 'waiting'"
        ),
        sa.Index(
            "ix_campaign_lead_due_new",
            "campaign_id",
            "due_at",
            "id",
            postgresql_where="state = 'waiting' AND step_position = 1",
        ),
        sa.Index(
            "ix_campaign_lead_due_follow_up",
            "account_id",
            "campaign_id",
            "due_at",
            "id",
            postgresql_where="state = 'waiting' AND step_position > 1",
        ),
        sa.Index("ix_campaign_lead_campaign_state", "campaign_id", "state", "id"),
        sa.Index("ix_campaign_lead_lead_id", "lead_id"),
        sa.Index("ix_campaign_lead_resume", "resume_at", postgresql_where="state = 'paused'"),
    )

    id: Mapped[int] = primary_key()
    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaign.id", ondelete="CASCADE"))
    lead_id: Mapped[int] = mapped_column(sa.ForeignKey("lead.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("email_account.id", ondelete="SET NULL")
    )
    state: Mapped[str] = mapped_column(default="waiting", server_default="waiting")
    state_reason: Mapped[str] = mapped_column(default="", server_default="")
    state_changed_at: Mapped[datetime | None]
    step_position: Mapped[int] = mapped_column(sa.Integer, default=1, server_default="1")  # next
    due_at: Mapped[datetime | None]
    resume_at: Mapped[datetime | None]
    # The conversation so far, for follow-ups in the same thread.
    thread_subject: Mapped[str] = mapped_column(default="", server_default="")
    first_message_id: Mapped[str] = mapped_column(default="", server_default="")
    last_message_id: Mapped[str] = mapped_column(default="", server_default="")
    references: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    first_sent_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]  # first by a person
    opened_machine_at: Mapped[datetime | None]
    clicked_at: Mapped[datetime | None]
    clicked_machine_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    auto_replied_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    last_event: Mapped[str] = mapped_column(default="", server_default="")
    last_event_at: Mapped[datetime | None]
    import_id: Mapped[int | None]


class CampaignDay(WorkspaceKeyed, Model):
    """Daily counters of a campaign, by the day of its own zone."""

    __tablename__ = "campaign_day"

    campaign_id: Mapped[int] = mapped_column(
        sa.ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    sent: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    contacted: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    opened: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    opened_machine: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    clicked: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    clicked_machine: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    replied: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    auto_replied: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    bounced: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    unsubscribed: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
