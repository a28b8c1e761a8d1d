"""Settings of a workspace: members and invitations."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.auth.queries import get_user, is_verified
from app.core.errors import Forbidden, Invalid
from app.core.forms import parse_form
from app.core.permissions import current_actor, requires
from app.core.tenancy import require_workspace_id
from app.web.responses import done, invalid, page
from app.workspaces import policies, queries, services
from app.workspaces.schemas import InviteInput, RoleInput
from app.workspaces.views.blueprint import bp


@bp.get("/w/<slug>/settings/members")
@requires("members.view")
def index_members() -> ResponseReturnValue:
    """Who belongs to the workspace, and who is invited."""
    return page("workspaces/members.html", **_context())


@bp.post("/w/<slug>/settings/members")
@requires("members.edit")
def create_invitation() -> ResponseReturnValue:
    """Invite somebody by mail."""
    form = parse_form(InviteInput)
    if form.ok:
        try:
            services.invite_member(
                require_workspace_id(),
                form.value.email,
                form.value.role,
                by=current_user.id,
                ip=current_actor().ip,
            )
        except Invalid as error:
            for name, sentences in error.errors.items():
                form.errors.setdefault(name, []).extend(sentences)
        else:
            return _to_members(f"Invitation sent to {form.value.email}.")
    return invalid("workspaces/members.html", form=form, **_context())


@bp.get("/w/<slug>/settings/members/<int:user_id>")
@requires("members.edit")
def show_member(user_id: int) -> ResponseReturnValue:
    """One member: the role, and taking them out."""
    return page("workspaces/member.html", **_member(user_id))


@bp.post("/w/<slug>/settings/members/<int:user_id>/role")
@requires("members.edit")
def update_role(user_id: int) -> ResponseReturnValue:
    """Give a member another role."""
    form = parse_form(RoleInput)
    if not form.ok:
        return invalid("workspaces/member.html", form=form, **_member(user_id))
    services.change_role(require_workspace_id(), user_id, form.value.role, by=current_user.id)
    return _to_members("Role changed.")


@bp.post("/w/<slug>/settings/members/<int:user_id>/remove")
@requires("members.edit")
def delete_member(user_id: int) -> ResponseReturnValue:
    """Take a member out."""
    services.remove_member(require_workspace_id(), user_id, by=current_user.id)
    if user_id == current_user.id:
        return done("/", message="You left the workspace.", reload=True)
    return _to_members("Member removed.")


@bp.post("/w/<slug>/settings/leave")
@requires("members.view")
def leave() -> ResponseReturnValue:
    """Leave the workspace; every role may."""
    services.leave_workspace(require_workspace_id(), current_user.id)
    return done("/", message="You left the workspace.", reload=True)


@bp.post("/w/<slug>/settings/invitations/<int:invitation_id>/resend")
@requires("members.edit")
def resend_invitation(invitation_id: int) -> ResponseReturnValue:
    """Send a fresh link."""
    services.resend_invitation(
        require_workspace_id(), invitation_id, by=current_user.id, ip=current_actor().ip
    )
    return _to_members("Invitation sent again.")


@bp.post("/w/<slug>/settings/invitations/<int:invitation_id>/revoke")
@requires("members.edit")
def delete_invitation(invitation_id: int) -> ResponseReturnValue:
    """Take an invitation back."""
    services.revoke_invitation(require_workspace_id(), invitation_id, by=current_user.id)
    return _to_members("Invitation revoked.")


def _to_members(message: str) -> ResponseReturnValue:
    return done(url_for("workspaces.index_members"), message=message)


def _member(user_id: int) -> dict[str, Any]:
    workspace_id = require_workspace_id()
    member = queries.get_member(workspace_id, user_id)
    my_role = queries.get_member(workspace_id, current_user.id).role
    if not policies.may_touch_member(my_role, member.role):
        raise Forbidden
    options = [
        {"value": role, "label": role.capitalize(), "help": policies.ROLE_WORDS[role]}
        for role in policies.roles_to_hand_out(my_role)
    ]
    return {"member": member, "user": get_user(user_id), "role_options": options}


def _context() -> dict[str, Any]:
    workspace_id = require_workspace_id()
    role = queries.get_member(workspace_id, current_user.id).role
    roles = policies.roles_to_hand_out(role)
    return {
        "members": queries.list_members(workspace_id),
        "invitations": queries.list_invitations(workspace_id),
        "roles": roles,
        "role_choices": [(name, name.capitalize()) for name in roles],
        "role_words": policies.ROLE_WORDS,
        "role_pairs": [(name.capitalize(), text) for name, text in policies.ROLE_WORDS.items()],
        "my_role": role,
        "may_touch": policies.may_touch_member,
        "is_verified": is_verified(current_user.id),
    }
