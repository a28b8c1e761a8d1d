"""The verbs of workspaces, used by both doors. None of them knows Flask; none of them commits."""

from app.workspaces.services.invitations import (
    accept_invitation,
    invite_member,
    resend_invitation,
    revoke_invitation,
)
from app.workspaces.services.members import change_role, leave_workspace, remove_member
from app.workspaces.services.workspaces import (
    create_workspace,
    switch_workspace,
    update_workspace,
)

__all__ = [
    "accept_invitation",
    "change_role",
    "create_workspace",
    "invite_member",
    "leave_workspace",
    "remove_member",
    "resend_invitation",
    "revoke_invitation",
    "switch_workspace",
    "update_workspace",
]
