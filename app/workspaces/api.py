"""The JSON door of workspaces: list, make, change, switch, and the people in one.

The id in the path names the workspace; the caller must be a member of it, else 404.
"""

from collections.abc import Callable

from flask import request
from flask_login import current_user

from app.api.door import Numbered, endpoint, numbered
from app.auth.queries import get_user
from app.core.errors import Forbidden, NotFound
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


def entered(permission: str | None = None) -> dict[str, Callable[[int], Access]]:
    """How the id in the path is found: 404 for outsiders, then 403 without the permission."""

    def find(workspace_id: int) -> Access:
        access = queries.find_access(current_user.id, workspace_id)
        if access is None:
            raise NotFound
        if permission and permission not in access.permissions:
            raise Forbidden
        return access

    return {"workspace_id": find}


@endpoint("GET", "/workspace")
def index_workspaces() -> Numbered[AccessJson]:
    """The caller's workspaces, by name."""
    return numbered(queries.list_access(current_user.id), access_json)


@endpoint("POST", "/workspace", body=CreateWorkspaceInput, status=201)
def create_workspace(value: CreateWorkspaceInput) -> WorkspaceJson:
    """Make a workspace and work in it."""
    user = get_user(current_user.id)
    return workspace_json(services.create_workspace(user, value.name, time_zone=value.time_zone))


@endpoint("GET", "/workspace/<int:workspace_id>", find=entered())
def show_workspace(workspace: Access) -> AccessJson:
    """One workspace with the caller's role in it."""
    return access_json(workspace)


@endpoint(
    "PUT", "/workspace/<int:workspace_id>", find=entered("settings.edit"), body=UpdateWorkspaceInput
)
def update_workspace(workspace: Access, value: UpdateWorkspaceInput) -> WorkspaceJson:
    """Change name and time zone."""
    row = queries.get_workspace(workspace.workspace_id)
    changed = services.update_workspace(row, name=value.name, time_zone=value.time_zone)
    return workspace_json(changed)


@endpoint("POST", "/workspace/<int:workspace_id>/switch", find=entered())
def switch_workspace(workspace: Access) -> AccessJson:
    """Work in this workspace from now on."""
    return access_json(services.switch_workspace(current_user.id, workspace.workspace_id))


@endpoint("GET", "/workspace/<int:workspace_id>/users", find=entered("members.view"))
def index_members(workspace: Access) -> Numbered[MemberJson]:
    """The people of the workspace."""
    return numbered(queries.list_members(workspace.workspace_id), member_json)


@endpoint(
    "PUT",
    "/workspace/<int:workspace_id>/users/<int:user_id>",
    find=entered("members.edit"),
    body=RoleInput,
)
def update_member(workspace: Access, user_id: int, value: RoleInput) -> MemberJson:
    """Give a member another role."""
    member = services.change_role(workspace.workspace_id, user_id, value.role, by=current_user.id)
    return member_json((member, get_user(user_id)))


@endpoint(
    "DELETE", "/workspace/<int:workspace_id>/users/<int:user_id>", find=entered("members.edit")
)
def delete_member(workspace: Access, user_id: int) -> None:
    """Take a member out."""
    services.remove_member(workspace.workspace_id, user_id, by=current_user.id)


@endpoint("GET", "/workspace/<int:workspace_id>/invitations", find=entered("members.view"))
def index_invitations(workspace: Access) -> Numbered[InvitationJson]:
    """Invitations that wait for an answer; expired ones too, to send again."""
    return numbered(queries.list_invitations(workspace.workspace_id), invitation_json)


@endpoint(
    "POST",
    "/workspace/<int:workspace_id>/invitations",
    find=entered("members.edit"),
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
    find=entered("members.edit"),
)
def delete_invitation(workspace: Access, invitation_id: int) -> None:
    """Take an invitation back."""
    services.revoke_invitation(workspace.workspace_id, invitation_id, by=current_user.id)


@endpoint("POST", "/workspace/invitations/<token>/accept", refuses=(403,))
def accept_invitation(token: str) -> AccessJson:
    """Join the workspace of an invitation link."""
    access = services.accept_invitation(token, get_user(current_user.id))
    return access_json(access)
