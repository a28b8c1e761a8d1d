"""Settings of a workspace: General."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from app.core.forms import parse_form
from app.core.permissions import requires
from app.core.tenancy import require_workspace_id
from app.web.responses import done, invalid, page
from app.workspaces import queries, services
from app.workspaces.schemas import UpdateWorkspaceInput, time_zone_options
from app.workspaces.views.blueprint import bp


@bp.get("/w/<slug>/settings")
@requires("settings.view")
def show_settings() -> ResponseReturnValue:
    """The first page of the settings."""
    return redirect(url_for("workspaces.show_general"))


@bp.get("/w/<slug>/settings/general")
@requires("settings.view")
def show_general() -> ResponseReturnValue:
    """Name and time zone."""
    workspace = queries.get_workspace(require_workspace_id())
    return page("workspaces/general.html", workspace=workspace, time_zones=time_zone_options())


@bp.post("/w/<slug>/settings/general")
@requires("settings.edit")
def update_general() -> ResponseReturnValue:
    """Change them."""
    workspace = queries.get_workspace(require_workspace_id())
    form = parse_form(UpdateWorkspaceInput)
    if not form.ok:
        return invalid(
            "workspaces/general.html",
            form=form,
            workspace=workspace,
            time_zones=time_zone_options(),
        )
    services.update_workspace(workspace, **form.value.model_dump())
    return done(url_for("workspaces.show_general"), message="Settings saved.")
