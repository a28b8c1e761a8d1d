"""The ways into a workspace: make one, switch, accept an invitation."""

from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.auth.login import sign_in
from app.auth.queries import find_user, get_user
from app.auth.services import sign_up
from app.auth.views.blueprint import broken_link, client_ip, refuse
from app.core.errors import Invalid
from app.core.forms import Form, parse_form
from app.core.permissions import public, signed_in
from app.models import Invitation, Workspace
from app.web.responses import done, invalid, page
from app.workspaces import queries, services
from app.workspaces.schemas import CreateWorkspaceInput, JoinInput, time_zone_options
from app.workspaces.views.blueprint import bp


@bp.get("/workspaces/new")
@signed_in
def new_workspace() -> ResponseReturnValue:
    """Name a workspace: the step after signing up, and the way to a further one."""
    is_first = not queries.list_access(current_user.id)
    return page("workspaces/new.html", is_first=is_first, time_zones=time_zone_options())


@bp.post("/workspaces")
@signed_in
def create_workspace() -> ResponseReturnValue:
    """Make it, and go to its dashboard."""
    form = parse_form(CreateWorkspaceInput)
    if not form.ok:
        is_first = not queries.list_access(current_user.id)
        return invalid(
            "workspaces/new.html", form=form, is_first=is_first, time_zones=time_zone_options()
        )
    workspace = services.create_workspace(
        get_user(current_user.id), form.value.name, time_zone=form.value.time_zone
    )
    return redirect(url_for("home.show_dashboard", slug=workspace.slug), 303)


@bp.post("/workspaces/<int:workspace_id>/switch")
@signed_in
def switch_workspace(workspace_id: int) -> ResponseReturnValue:
    """Work in another workspace from now on."""
    access = services.switch_workspace(current_user.id, workspace_id)
    return done(url_for("home.show_dashboard", slug=access.slug), reload=True)


@bp.get("/invitations/<token>")
@public
def show_invitation(token: str) -> ResponseReturnValue:
    """What the invitation is to; nothing happens before a click."""
    found = queries.find_open_invitation(token)
    if found is None:
        return broken_link("invitation")
    return page("workspaces/invitation.html", **_context(token, *found))


@bp.post("/invitations/<token>")
@public
def accept_invitation(token: str) -> ResponseReturnValue:
    """Join: as who is signed in, or as somebody new who chooses a password here."""
    found = queries.find_open_invitation(token)
    if found is None:
        return broken_link("invitation")
    invitation, workspace = found
    if current_user.is_authenticated:
        access = services.accept_invitation(token, get_user(current_user.id))
        message = f"Welcome to {access.name}."
        return done(url_for("home.show_dashboard", slug=access.slug), message, reload=True)
    if find_user(invitation.email) is not None:
        return redirect(url_for("auth.show_login", next=f"/invitations/{token}"), 303)
    form = parse_form(JoinInput)
    if form.ok and _join(form, token, invitation.email):
        return redirect(url_for("home.show_dashboard", slug=workspace.slug), 303)
    context = _context(token, invitation, workspace)
    return invalid("workspaces/invitation.html", form=form, **context)


def _join(form: Form[JoinInput], token: str, email: str) -> bool:
    """Sign up with the invited address and join; False with the reasons in the form."""
    try:
        user = sign_up(
            email, form.value.password, name=form.value.name, ip=client_ip(), is_proven=True
        )
    except Invalid as error:
        refuse(form, error)
        return False
    services.accept_invitation(token, user)
    sign_in(user)
    return True


def _context(token: str, invitation: Invitation, workspace: Workspace) -> dict[str, Any]:
    inviter = get_user(invitation.invited_by_id) if invitation.invited_by_id else None
    return {
        "token": token,
        "invitation": invitation,
        "workspace": workspace,
        "inviter": (inviter.name or inviter.email) if inviter else "",
        "is_known": find_user(invitation.email) is not None,
    }
