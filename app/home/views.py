"""The front page, the dashboard and the command palette."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.auth.services import set_current_workspace
from app.core.clock import utcnow
from app.core.permissions import can, public, requires
from app.core.tenancy import require_workspace_id
from app.home import policies, queries
from app.web import nav
from app.web.responses import fragment, is_fragment_request, page
from app.web.tenant import shell_workspace
from app.workspaces.queries import get_workspace

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def show_front() -> ResponseReturnValue:
    """To the dashboard, to naming a first workspace, or to signing in."""
    if not current_user.is_authenticated:
        return redirect(url_for("auth.show_login"))
    workspace = shell_workspace()
    if workspace is None:
        return redirect(url_for("workspaces.new_workspace"))
    return redirect(url_for("home.show_dashboard", slug=workspace.slug))


@bp.get("/w/<slug>/dashboard")
@requires("analytics.view")
def show_dashboard() -> ResponseReturnValue:
    """Today's sends, replies waiting, accounts in trouble, active campaigns, next steps."""
    workspace_id = require_workspace_id()
    if current_user.current_workspace_id != workspace_id:
        set_current_workspace(current_user.id, workspace_id)  # where the next sign-in leads
    now = utcnow()
    since = policies.day_start(now, get_workspace(workspace_id).time_zone)
    done = queries.progress(workspace_id, is_verified=current_user.is_verified)
    return page(
        "home/dashboard.html",
        today=queries.today(since, now),
        many=queries.MANY,
        threads=queries.waiting_replies(),
        accounts=queries.troubled_accounts(),
        campaigns=queries.active_campaigns(),
        steps=[_as_item(step) for step in policies.next_steps(done) if _is_open(step)],
    )


@bp.get("/w/<slug>/palette")
@requires("analytics.view")
def palette() -> ResponseReturnValue:
    """What the palette shows for what was typed; a page of its own without JavaScript."""
    text = request.args.get("q", "")[:100]
    items = nav.palette_items(text)
    if is_fragment_request():
        return fragment("components/palette_results.html", items=items, query=text)
    return page("home/palette.html", items=items, query=text)


def _is_open(step: policies.NextStep) -> bool:
    return step.permission is None or can(step.permission)


def _as_item(step: policies.NextStep) -> dict[str, str]:
    return {
        "state": "todo",
        "label": step.label,
        "text": step.text,
        "href": url_for(step.endpoint),
        "link": step.verb,
    }
