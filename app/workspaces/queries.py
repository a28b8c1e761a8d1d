"""Reads of workspaces, members and invitations.

These tables decide who may enter, so they are not scoped by the current workspace: every read
here names its workspace or its user.
"""

import sqlalchemy as sa

from app.auth.policies import normalise_email
from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import NotFound
from app.core.signing import hash_token
from app.models import Invitation, Membership, User, Workspace
from app.workspaces import policies
from app.workspaces.policies import Access


def list_access(user_id: int) -> list[Access]:
    """Every workspace of a user, by name."""
    stmt = _access().where(Membership.user_id == user_id).order_by(Workspace.name, Workspace.id)
    return [Access(*row) for row in db.session.execute(stmt)]


def load_membership(user_id: int, slug: str) -> Access | None:
    """The user's way into the workspace of this slug, or None for outsiders."""
    return _one_access(Membership.user_id == user_id, Workspace.slug == slug)


def find_access(user_id: int, workspace_id: int) -> Access | None:
    """The user's way into the workspace of this id, or None for outsiders."""
    return _one_access(Membership.user_id == user_id, Workspace.id == workspace_id)


def current_access(user: User) -> Access | None:
    """Where a user works: the workspace chosen last, else the first one, else None."""
    if user.current_workspace_id is not None:
        chosen = find_access(user.id, user.current_workspace_id)
        if chosen is not None:
            return chosen
    every = list_access(user.id)
    return every[0] if every else None


def get_workspace(workspace_id: int) -> Workspace:
    """The workspace. Errors: NotFound."""
    stmt = sa.select(Workspace).where(Workspace.id == workspace_id, Workspace.deleted_at.is_(None))
    workspace = db.session.scalar(stmt)
    if workspace is None:
        raise NotFound
    return workspace


def taken_slugs(base: str) -> set[str]:
    """Slugs in use that begin like this one."""
    stmt = sa.select(Workspace.slug).where(Workspace.slug.startswith(base, autoescape=True))
    return set(db.session.scalars(stmt))


def list_members(workspace_id: int) -> list[tuple[Membership, User]]:
    """Members with their users, strongest role first."""
    stmt = (
        sa.select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.workspace_id == workspace_id)
    )
    rows = [(row[0], row[1]) for row in db.session.execute(stmt)]
    return sorted(rows, key=lambda r: (-policies.RANK.get(r[0].role, -1), r[1].email))


def find_member(workspace_id: int, user_id: int) -> Membership | None:
    """A user's membership in a workspace."""
    stmt = sa.select(Membership).where(
        Membership.workspace_id == workspace_id, Membership.user_id == user_id
    )
    return db.session.scalar(stmt)


def get_member(workspace_id: int, user_id: int) -> Membership:
    """The same. Errors: NotFound."""
    member = find_member(workspace_id, user_id)
    if member is None:
        raise NotFound
    return member


def is_member_email(workspace_id: int, email: str) -> bool:
    """Whether a member has this address."""
    stmt = (
        sa.select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.workspace_id == workspace_id, User.email == normalise_email(email))
    )
    return db.session.scalar(stmt) is not None


def count_owners(workspace_id: int) -> int:
    """How many owners a workspace has."""
    stmt = sa.select(sa.func.count(Membership.id)).where(
        Membership.workspace_id == workspace_id, Membership.role == "owner"
    )
    return db.session.scalar(stmt) or 0


def list_invitations(workspace_id: int) -> list[Invitation]:
    """Invitations that wait for an answer, newest first; expired ones too, to send again."""
    stmt = (
        sa.select(Invitation)
        .where(
            Invitation.workspace_id == workspace_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .order_by(Invitation.id.desc())
    )
    return list(db.session.scalars(stmt))


def get_invitation(workspace_id: int, invitation_id: int) -> Invitation:
    """An invitation of a workspace that waits for an answer. Errors: NotFound."""
    stmt = sa.select(Invitation).where(
        Invitation.id == invitation_id,
        Invitation.workspace_id == workspace_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    invitation = db.session.scalar(stmt)
    if invitation is None:
        raise NotFound
    return invitation


def find_open_invitation(token: str) -> tuple[Invitation, Workspace] | None:
    """The invitation a link leads to, while it can be accepted. An empty token leads nowhere, and
    so does the link of somebody who was locked out."""
    stmt = (
        sa.select(Invitation, Workspace)
        .join(Workspace, Workspace.id == Invitation.workspace_id)
        .outerjoin(User, User.id == Invitation.invited_by_id)
        .where(
            User.is_disabled.is_not(True),
            Invitation.token_hash == hash_token(token),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > utcnow(),
            Workspace.deleted_at.is_(None),
        )
    )
    row = db.session.execute(stmt).first()
    return (row[0], row[1]) if token and row else None


def _access() -> sa.Select[int, str, str, str, str]:
    return (
        sa.select(
            Workspace.id, Workspace.slug, Workspace.name, Workspace.time_zone, Membership.role
        )
        .join(Membership, Membership.workspace_id == Workspace.id)
        .where(Workspace.deleted_at.is_(None))
    )


def _one_access(*narrow: sa.ColumnElement[bool]) -> Access | None:
    row = db.session.execute(_access().where(*narrow)).first()
    return Access(*row) if row else None
