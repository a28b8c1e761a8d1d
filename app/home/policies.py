"""Pure rules of the dashboard: the next steps of a workspace, the start of a day."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True)
class Progress:
    """What has been done so far."""

    is_verified: bool
    has_account: bool
    has_leads: bool
    has_campaign: bool
    has_launched: bool
    has_teammate: bool


@dataclass(frozen=True)
class NextStep:
    """Something worth doing next; `endpoint` opens the page for it."""

    label: str
    text: str
    verb: str
    endpoint: str
    permission: str | None


def next_steps(done: Progress) -> list[NextStep]:
    """What has not been done yet, in the order in which it makes sense."""
    steps = (
        (
            done.is_verified,
            NextStep(
                "Verify your email address",
                "Until then you cannot invite people or launch from real accounts.",
                "Verify",
                "auth.show_profile",
                None,
            ),
        ),
        (
            done.has_account,
            NextStep(
                "Connect an account",
                "Mail leaves from it and answers come back to it. Sandbox accounts work too.",
                "Connect",
                "accounts.new_account",
                "accounts.edit",
            ),
        ),
        (
            done.has_campaign,
            NextStep(
                "Create a campaign",
                "Write the first mail and its follow-ups.",
                "Create",
                "campaigns.new_campaign",
                "campaigns.edit",
            ),
        ),
        (
            done.has_leads,
            NextStep(
                "Add leads",
                "Upload a CSV of the people you want to write to.",
                "Upload",
                "leads.new_import",
                "leads.edit",
            ),
        ),
        (
            done.has_launched,
            NextStep(
                "Launch the campaign",
                "Check the campaign once more and let it go.",
                "Launch",
                "campaigns.index_campaigns",
                "campaigns.launch",
            ),
        ),
        (
            done.has_teammate,
            NextStep(
                "Invite a teammate",
                "Share the mailhub and the campaigns.",
                "Invite",
                "workspaces.index_members",
                "members.edit",
            ),
        ),
    )
    return [step for is_done, step in steps if not is_done]


def day_start(now: datetime, zone: str) -> datetime:
    """When today began in this zone, in UTC."""
    try:
        here = now.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        here = now.astimezone(UTC)
    return here.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
