"""Roles and leaving. Every verb takes who asks (`by`) and checks what that person's role allows."""

from collections.abc import Iterable

import sqlalchemy as sa

from app.auth.services import set_current_workspace
from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.events import publish
from app.models import Invitation, Membership, User, Workspace
from app.workspaces import policies, queries
from app.workspaces.events import MemberRemoved, RoleChanged


def change_role(workspace_id: int, user_id: int, role: str, *, by: int) -> Membership:
    """Give a member another role. The same role: no effect. Invitations they sent and could not
    send any more end: a role that was taken away cannot be got back by a second address.

    Errors: NotFound, Invalid (no such role), Forbidden (a role above one's own), Conflict (the
    last owner).
    """
    if role not in policies.ROLES:
        raise Invalid({"role": ["Choose one of the roles."]})
    _lock(workspace_id)
    member = queries.get_member(workspace_id, user_id)
    actor_role = queries.get_member(workspace_id, by).role
    if not policies.may_touch_member(actor_role, member.role):
        raise Forbidden
    if not policies.may_hand_out(actor_role, role):
        raise Forbidden("You cannot give a role above your own.")
    if member.role == role:
        return member
    _keep_an_owner(member)
    old, member.role = member.role, role
    out_of_reach = [name for name in policies.ROLES if not policies.may_hand_out(role, name)]
    _withdraw_invitations(workspace_id, user_id, out_of_reach)
    db.session.flush()
    publish(RoleChanged(workspace_id, user_id, old, role))
    return member


def remove_member(workspace_id: int, user_id: int, *, by: int) -> None:
    """Take a member out; invitations they sent end too.

    Errors: NotFound, Forbidden, Conflict (the last owner).
    """
    _lock(workspace_id)
    member = queries.get_member(workspace_id, user_id)
    if by != user_id:
        actor = queries.get_member(workspace_id, by)
        if not policies.may_touch_member(actor.role, member.role):
            raise Forbidden
    _keep_an_owner(member)
    db.session.delete(member)
    _forget(workspace_id, user_id)
    db.session.flush()
    publish(MemberRemoved(workspace_id, user_id, left=by == user_id))


def leave_workspace(workspace_id: int, user_id: int) -> None:
    """Leave by oneself. Errors: NotFound, Conflict (the last owner)."""
    remove_member(workspace_id, user_id, by=user_id)


def _lock(workspace_id: int) -> None:
    """Changes of members queue up per workspace, or two owners could leave at once."""
    db.session.execute(
        sa.select(Workspace.id).where(Workspace.id == workspace_id).with_for_update()
    )


def _keep_an_owner(member: Membership) -> None:
    if member.role == "owner" and queries.count_owners(member.workspace_id) == 1:
        raise Conflict("A workspace needs an owner. Make somebody else owner first.")


def _forget(workspace_id: int, user_id: int) -> None:
    _withdraw_invitations(workspace_id, user_id, policies.ROLES)
    user = db.session.get(User, user_id)
    if user is not None and user.current_workspace_id == workspace_id:
        set_current_workspace(user_id, None)


def _withdraw_invitations(workspace_id: int, user_id: int, roles: Iterable[str]) -> None:
    """End the open invitations a member sent that give one of these roles."""
    db.session.execute(
        sa.update(Invitation)
        .where(
            Invitation.workspace_id == workspace_id,
            Invitation.invited_by_id == user_id,
            Invitation.role.in_(list(roles)),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=utcnow())
    )
