"""What happens in workspaces, for other rooms and for the activity log."""

from dataclasses import dataclass
from typing import Any

ActivityRow = tuple[str, tuple[str, int] | None, dict[str, Any]]


@dataclass(frozen=True)
class WorkspaceCreated:
    """Somebody made a workspace and owns it."""

    workspace_id: int
    user_id: int


@dataclass(frozen=True)
class WorkspaceChanged:
    """Name or time zone changed; `changes` maps a field to its new value."""

    workspace_id: int
    changes: dict[str, str]

    def activity(self) -> ActivityRow:
        """The row of the activity log."""
        return "workspaces.settings_changed", ("workspace", self.workspace_id), self.changes


@dataclass(frozen=True)
class MemberInvited:
    """Somebody was invited by mail."""

    workspace_id: int
    invitation_id: int
    email: str
    role: str

    def activity(self) -> ActivityRow:
        """The row of the activity log."""
        data = {"email": self.email, "role": self.role}
        return "workspaces.member_invited", ("invitation", self.invitation_id), data


@dataclass(frozen=True)
class InvitationRevoked:
    """An invitation was taken back."""

    workspace_id: int
    invitation_id: int
    email: str

    def activity(self) -> ActivityRow:
        """The row of the activity log."""
        subject = ("invitation", self.invitation_id)
        return "workspaces.invitation_revoked", subject, {"email": self.email}


@dataclass(frozen=True)
class MemberJoined:
    """An invitation was accepted."""

    workspace_id: int
    user_id: int
    role: str

    def activity(self) -> ActivityRow:
        """The row of the activity log."""
        return "workspaces.member_joined", ("user", self.user_id), {"role": self.role}


@dataclass(frozen=True)
class RoleChanged:
    """A member's role changed."""

    workspace_id: int
    user_id: int
    old_role: str
    new_role: str

    def activity(self) -> ActivityRow:
        """The row of the activity log."""
        data = {"from": self.old_role, "to": self.new_role}
        return "workspaces.role_changed", ("user", self.user_id), data


@dataclass(frozen=True)
class MemberRemoved:
    """A member was removed, or left."""

    workspace_id: int
    user_id: int
    left: bool

    def activity(self) -> ActivityRow:
        """The row of the activity log."""
        kind = "workspaces.member_left" if self.left else "workspaces.member_removed"
        return kind, ("user", self.user_id), {}
