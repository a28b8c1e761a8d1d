"""The JSON door of workspaces: list, make, change, switch, and the people in one.

The id in the path names the workspace; the caller must be a member of it, else 404.
"""

from collections.abc import Callable
from typing import Any

from flask import request
from flask_login import current_user

from app.api.door import Numbered, endpoint, numbered
from app.auth.queries import get_user
from app.core import permissions
from app.core.errors import NotFound
from app.models import Invitation, Membership
from app.workspaces import queries, services
from app.workspaces.policies import Access
from app.workspaces.schemas import (
    CreateWorkspaceInput,
    InviteInput,
    RoleInput,
    UpdateWorkspaceInput,
)
from app.workspaces.serializers import (
    AccessJson,
    InvitationJson,
    MemberJson,
    WorkspaceJson,
    access_json,
    invitation_json,
    member_json,
    workspace_json,
)


def enter(workspace_id: int) -> Access:
    """Work in the workspace of the path, for this call. Errors: NotFound for outsiders."""
    access = queries.find_access(current_user.id, workspace_id)
    if access is None:
        raise NotFound
    permissions.enter_workspace(workspace_id, access.permissions)
    return access


def find_member(user_id: int, workspace: Access) -> Membership:
    """A member of the workspace of the path. Errors: NotFound."""
    return queries.get_member(workspace.workspace_id, user_id)


def find_invitation(invitation_id: int, workspace: Access) -> Invitation:
    """An open invitation of the workspace of the path. Errors: NotFound."""
    return queries.get_invitation(workspace.workspace_id, invitation_id)


FIND: dict[str, Callable[..., Any]] = {"workspace_id": enter}
FIND_MEMBER = {**FIND, "user_id": find_member}
FIND_INVITATION = {**FIND, "invitation_id": find_invitation}


@endpoint("GET", "/workspace")
def index_workspaces() -> Numbered[AccessJson]:
    """The caller's workspaces, by name."""
    return numbered(queries.list_access(current_user.id), access_json)


@endpoint("POST", "/workspace", body=CreateWorkspaceInput, status=201)
def create_workspace(value: CreateWorkspaceInput) -> WorkspaceJson:
    """Make a workspace and work in it."""
    user = get_user(current_user.id)
    return workspace_json(services.create_workspace(user, value.name, time_zone=value.time_zone))


@endpoint("GET", "/workspace/<int:workspace_id>", find=FIND)
def show_workspace(workspace: Access) -> AccessJson:
    """One workspace with the caller's role in it."""
    return access_json(workspace)


@endpoint(
    "PUT",
    "/workspace/<int:workspace_id>",
    guard="signed_in",
    permission="settings.edit",
    find=FIND,
    body=UpdateWorkspaceInput,
)
def update_workspace(workspace: Access, value: UpdateWorkspaceInput) -> WorkspaceJson:
    """Change name and time zone."""
    row = queries.get_workspace(workspace.workspace_id)
    changed = services.update_workspace(row, name=value.name, time_zone=value.time_zone)
    return workspace_json(changed)


@endpoint("POST", "/workspace/<int:workspace_id>/switch", find=FIND)
def switch_workspace(workspace: Access) -> AccessJson:
    """Work in this workspace from now on."""
    return access_json(services.switch_workspace(current_user.id, workspace.workspace_id))


@endpoint(
    "GET",
    "/workspace/<int:workspace_id>/users",
    guard="signed_in",
    permission="members.view",
    find=FIND,
)
def index_members(workspace: Access) -> Numbered[MemberJson]:
    """The people of the workspace."""
    return numbered(queries.list_members(workspace.workspace_id), member_json)


@endpoint(
    "PUT",
    "/workspace/<int:workspace_id>/users/<int:user_id>",
    guard="signed_in",
    permission="members.edit",
    find=FIND_MEMBER,
    body=RoleInput,
)
def update_member(workspace: Access, user: Membership, value: RoleInput) -> MemberJson:
    """Give a member another role."""
    changed = services.change_role(
        workspace.workspace_id, user.user_id, value.role, by=current_user.id
    )
    return member_json((changed, get_user(user.user_id)))


@endpoint(
    "DELETE",
    "/workspace/<int:workspace_id>/users/<int:user_id>",
    guard="signed_in",
    permission="members.edit",
    find=FIND_MEMBER,
)
def delete_member(workspace: Access, user: Membership) -> None:
    """Take a member out."""
    services.remove_member(workspace.workspace_id, user.user_id, by=current_user.id)


@endpoint(
    "GET",
    "/workspace/<int:workspace_id>/invitations",
    guard="signed_in",
    permission="members.view",
    find=FIND,
)
def index_invitations(workspace: Access) -> Numbered[InvitationJson]:
    """Invitations that wait for an answer; expired ones too, to send again."""
    return numbered(queries.list_invitations(workspace.workspace_id), invitation_json)


@endpoint(
    "POST",
    "/workspace/<int:workspace_id>/invitations",
    guard="signed_in",
    permission="members.edit",
    find=FIND,
    body=InviteInput,
    status=201,
)
def create_invitation(workspace: Access, value: InviteInput) -> InvitationJson:
    """Invite somebody by mail."""
    return invitation_json(
        services.invite_member(
            workspace.workspace_id,
            value.email,
            value.role,
            by=current_user.id,
            ip=request.remote_addr or "",
        )
    )


@endpoint(
    "DELETE",
    "/workspace/<int:workspace_id>/invitations/<int:invitation_id>",
    guard="signed_in",
    permission="members.edit",
    find=FIND_INVITATION,
)
def delete_invitation(workspace: Access, invitation: Invitation) -> None:
    """Take an invitation back."""
    services.revoke_invitation(workspace.workspace_id, invitation.id, by=current_user.id)


@endpoint("POST", "/workspace/invitations/<token>/accept", refuses=(403,))
def accept_invitation(token: str) -> AccessJson:
    """Join the workspace of an invitation link."""
    access = services.accept_invitation(token, get_user(current_user.id))
    return access_json(access)
