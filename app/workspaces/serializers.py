"""Workspaces and their people as JSON."""

from typing import Any

from app.models import Invitation, Membership, User, Workspace
from app.workspaces.policies import Access


def access_json(access: Access) -> dict[str, Any]:
    """A workspace as one of its members sees it."""
    return {
        "id": access.workspace_id,
        "name": access.name,
        "slug": access.slug,
        "time_zone": access.time_zone,
        "role": access.role,
        "permissions": sorted(access.permissions),
    }


def workspace_json(workspace: Workspace) -> dict[str, Any]:
    """A workspace by itself."""
    return {
        "id": workspace.id,
        "name": workspace.name,
        "slug": workspace.slug,
        "time_zone": workspace.time_zone,
        "created_at": workspace.created_at,
        "updated_at": workspace.updated_at,
    }


def member_json(member: tuple[Membership, User]) -> dict[str, Any]:
    """A person in a workspace."""
    membership, user = member
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": membership.role,
        "joined_at": membership.created_at,
    }


def invitation_json(invitation: Invitation) -> dict[str, Any]:
    """An invitation. Never its token."""
    return {
        "id": invitation.id,
        "email": invitation.email,
        "role": invitation.role,
        "expires_at": invitation.expires_at,
        "sent_at": invitation.sent_at,
    }
