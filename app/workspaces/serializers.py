"""Workspaces and their people as JSON."""

from datetime import datetime

from typing_extensions import TypedDict

from app.models import Invitation, Membership, User, Workspace
from app.workspaces.policies import Access


class AccessJson(TypedDict):
    """A workspace with the caller's role in it."""

    id: int
    name: str
    slug: str
    time_zone: str
    role: str
    permissions: list[str]


class WorkspaceJson(TypedDict):
    """A workspace."""

    id: int
    name: str
    slug: str
    time_zone: str
    created_at: datetime
    updated_at: datetime


class MemberJson(TypedDict):
    """A person in a workspace."""

    id: int
    name: str
    email: str
    role: str
    joined_at: datetime


class InvitationJson(TypedDict):
    """An invitation that may still be accepted."""

    id: int
    email: str
    role: str
    expires_at: datetime
    sent_at: datetime


def access_json(access: Access) -> AccessJson:
    """A workspace as one of its members sees it."""
    return {
        "id": access.workspace_id,
        "name": access.name,
        "slug": access.slug,
        "time_zone": access.time_zone,
        "role": access.role,
        "permissions": sorted(access.permissions),
    }


def workspace_json(workspace: Workspace) -> WorkspaceJson:
    """A workspace by itself."""
    return {
        "id": workspace.id,
        "name": workspace.name,
        "slug": workspace.slug,
        "time_zone": workspace.time_zone,
        "created_at": workspace.created_at,
        "updated_at": workspace.updated_at,
    }


def member_json(member: tuple[Membership, User]) -> MemberJson:
    """A person in a workspace."""
    membership, user = member
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": membership.role,
        "joined_at": membership.created_at,
    }


def invitation_json(invitation: Invitation) -> InvitationJson:
    """An invitation. Never its token."""
    return {
        "id": invitation.id,
        "email": invitation.email,
        "role": invitation.role,
        "expires_at": invitation.expires_at,
        "sent_at": invitation.sent_at,
    }
