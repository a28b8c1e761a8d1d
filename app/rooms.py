"""All wiring on one page: which doors there are, who hears which event, who offers what.

Lines name modules as text, `room.module:attribute`; they are imported when the app is built.
"""

from importlib import import_module
from typing import Any

from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from app.core import events, jobs, shortcuts
from app.core.jobs import Outcome

BLUEPRINTS = (
    "auth.views:bp",
    "workspaces.views:bp",
    "accounts.views:bp",
    "leads.views:bp",
    "sending.views:bp",
    "tracking.views:bp",
    "mailhub.views:bp",
    "campaigns.views:bp",
    "analytics.views:bp",
    "sandbox.views:bp",
    "home.views:bp",
    "admin.views:bp",
)
JOBS = (
    "auth.jobs",
    "accounts.jobs",
    "leads.jobs",
    "sending.jobs",
    "tracking.jobs",
    "mailhub.jobs",
    "sync.jobs",
    "campaigns.jobs",
    "sandbox.jobs",
)
# the JSON door: importing these fills the table of app/api/door.py
APIS = (
    "auth.api",
    "workspaces.api",
    "accounts.api",
    "leads.api",
    "mailhub.api",
    "campaigns.api",
    "analytics.api",
)
# addresses answered before Flask (app/core/shortcuts.py): prefix → the view behind, the answer
SHORTCUTS = {
    "/t/o": ("tracking.show_pixel", "tracking.answers:pixel"),
    "/t/c": ("tracking.follow_link", "tracking.answers:link"),
}
# event → handlers, called in this order inside the publisher's transaction
EVENT_HANDLERS: dict[str, tuple[str, ...]] = {
    "core.events:SystemMailRequested": ("sending.handlers:queue_system_mail",),
    "workspaces.events:WorkspaceChanged": ("workspaces.handlers:record_activity",),
    "workspaces.events:MemberInvited": ("workspaces.handlers:record_activity",),
    "workspaces.events:InvitationRevoked": ("workspaces.handlers:record_activity",),
    "workspaces.events:MemberJoined": ("workspaces.handlers:record_activity",),
    "workspaces.events:RoleChanged": ("workspaces.handlers:record_activity",),
    "workspaces.events:MemberRemoved": ("workspaces.handlers:record_activity",),
    "leads.events:ImportRowsChecked": ("campaigns.handlers:on_import_rows_checked",),
    "leads.events:LeadsImported": ("campaigns.handlers:on_leads_imported",),
    "leads.events:ImportCommitted": ("campaigns.handlers:on_import_committed",),
    "leads.events:LeadSuppressed": (
        "sending.handlers:drop_mail_to_suppressed",
        "campaigns.handlers:on_lead_suppressed",
    ),
    "accounts.events:AccountRemoved": (
        "sending.handlers:drop_mail_of_removed_account",
        "campaigns.handlers:on_account_stopped",
        "workspaces.handlers:record_activity",
    ),
    "accounts.events:AccountPaused": (
        "campaigns.handlers:on_account_stopped",
        "workspaces.handlers:record_activity",
    ),
    "accounts.events:AccountBroken": (
        "campaigns.handlers:on_account_stopped",
        "workspaces.handlers:record_activity",
    ),
    "accounts.events:AccountConnected": (
        "sync.handlers:pull_new_account",
        "workspaces.handlers:record_activity",
    ),
    "accounts.events:AccountResumed": ("workspaces.handlers:record_activity",),
    "campaigns.events:CampaignLaunched": ("workspaces.handlers:record_activity",),
    "campaigns.events:CampaignPaused": ("workspaces.handlers:record_activity",),
    "campaigns.events:CampaignCompleted": ("workspaces.handlers:record_activity",),
    "sending.events:MailSent": (
        "mailhub.handlers:show_sent_replies",
        "campaigns.handlers:on_mail_sent",
    ),
    "sending.events:MailFailed": ("campaigns.handlers:on_mail_failed",),
    "sending.events:MailHeld": ("campaigns.handlers:on_mail_held",),
    "sending.events:MailCancelled": ("campaigns.handlers:on_mail_cancelled",),
    "tracking.events:OpenRecorded": ("campaigns.handlers:on_open_recorded",),
    "tracking.events:ClickRecorded": ("campaigns.handlers:on_click_recorded",),
    "tracking.events:UnsubscribeRequested": ("campaigns.handlers:on_unsubscribe_requested",),
    "sync.events:ReplyReceived": ("campaigns.handlers:on_reply_received",),
    "sync.events:AutoReplyReceived": ("campaigns.handlers:on_auto_reply_received",),
    "sync.events:BounceReceived": ("campaigns.handlers:on_bounce_received",),
    "sync.events:ComplaintReceived": ("campaigns.handlers:on_complaint_received",),
}
# what an exception that a job lets out means; anything else is a failure somebody should see
JOB_OUTCOMES = {
    "core.errors:AppError": Outcome.REFUSED,
    "providers.mail.errors:Temporary": Outcome.AGAIN,
    "providers.mail.errors:RateLimited": Outcome.AGAIN,
    "providers.mail.errors:Uncertain": Outcome.AGAIN,
    "providers.mail.errors:Fenced": Outcome.AGAIN,
    "providers.mail.errors:AuthExpired": Outcome.REFUSED,
}
# called once with the app: loaders, navigation, palette and panel providers, CLI, admin mounts
SETUP = (
    "auth.setup:init_app",
    "workspaces.setup:init_app",
    "accounts.setup:init_app",
    "leads.setup:init_app",
    "sending.setup:init_app",
    "mailhub.setup:init_app",
    "campaigns.setup:init_app",
    "sandbox.setup:init_app",
    "home.setup:init_app",
    "admin.setup:init_app",
)


def init_app(app: Flask) -> None:
    """Register every room's doors, jobs and handlers."""
    for path in SETUP:
        _load(path)(app)
    for path in (*JOBS, *APIS):
        _load(path)
    for path in BLUEPRINTS:
        app.register_blueprint(_load(path))
    for prefix, (endpoint, answer) in SHORTCUTS.items():
        shortcuts.register(prefix, endpoint, _load(answer))
    for event, handlers in EVENT_HANDLERS.items():
        for handler in handlers:
            events.subscribe(_load(event), _load(handler))
    for error, outcome in JOB_OUTCOMES.items():
        jobs.set_outcome(_load(error), outcome)
    # The database or Redis being away is no fault of a job: its sweeper rings again.
    jobs.set_outcome(OperationalError, Outcome.AGAIN)
    jobs.set_outcome(RedisError, Outcome.AGAIN)


def _load(path: str) -> Any:
    module_name, _, attribute = path.partition(":")
    module = import_module(f"app.{module_name}")
    return getattr(module, attribute) if attribute else module
