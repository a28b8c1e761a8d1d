"""Every table, one file per aggregate. The first line of each file names the room that owns it."""

from app.models.account import AccountDay, EmailAccount
from app.models.activity import Activity
from app.models.campaign import (
    Campaign,
    CampaignAccount,
    CampaignDay,
    CampaignLead,
    SendingWindow,
    Step,
)
from app.models.lead import ImportRow, Lead, LeadImport, Suppression
from app.models.mail import (
    Attachment,
    Folder,
    MailAction,
    Message,
    MessageRef,
    Placement,
    Thread,
    ThreadBox,
)
from app.models.oauth import OAuthClient, OAuthToken
from app.models.outbox import Outbox, SendEvent, SystemMail
from app.models.sandbox import DemoRun
from app.models.tracking import TrackedLink, TrackingHit
from app.models.user import LoginAttempt, User, UserSession, UserToken
from app.models.workspace import Invitation, Membership, Workspace

__all__ = [
    "AccountDay",
    "Activity",
    "Attachment",
    "Campaign",
    "CampaignAccount",
    "CampaignDay",
    "CampaignLead",
    "DemoRun",
    "EmailAccount",
    "Folder",
    "ImportRow",
    "Invitation",
    "Lead",
    "LeadImport",
    "LoginAttempt",
    "MailAction",
    "Membership",
    "Message",
    "MessageRef",
    "OAuthClient",
    "OAuthToken",
    "Outbox",
    "Placement",
    "SendEvent",
    "SendingWindow",
    "Step",
    "Suppression",
    "SystemMail",
    "Thread",
    "ThreadBox",
    "TrackedLink",
    "TrackingHit",
    "User",
    "UserSession",
    "UserToken",
    "Workspace",
]
