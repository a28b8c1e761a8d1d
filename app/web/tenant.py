"""The workspace in the URL: wall 1 of the isolation.

`/w/<slug>/…` is popped from the URL before the view sees it, membership is checked (else 404) and
the workspace is set for everything below; `url_for` fills the slug in again. The lobby knows no
rooms: who is a member is asked of the loaders that app/rooms.py registers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, redirect, request, session
from flask_login import current_user
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response as BaseResponse

from app.core import permissions
from app.core.errors import NotFound
from app.core.permissions import signed_in

SHORT_PAGES = ("dashboard", "campaigns", "mailhub", "leads", "accounts", "settings")
SESSION_KEY = "workspace_slug"


@dataclass(frozen=True)
class WorkspaceChoice:
    """A workspace as the frame shows it."""

    id: int
    slug: str
    name: str


@dataclass(frozen=True)
class Membership:
    """What the lobby must know of a person in a workspace."""

    workspace: WorkspaceChoice
    role: str
    permissions: frozenset[str]


MembershipLoader = Callable[[int, str], Membership | None]
WorkspacesLoader = Callable[[int], list[WorkspaceChoice]]


@dataclass
class _Loaders:
    """What app/rooms.py registered; until then nobody is a member of anything."""

    membership: MembershipLoader = lambda _user_id, _slug: None
    workspaces: WorkspacesLoader = lambda _user_id: []


_loaders = _Loaders()

bp = Blueprint("web", __name__)


def register_membership_loader(loader: MembershipLoader) -> None:
    """Tell the lobby how to find (user_id, slug) -> Membership, or None for an outsider."""
    _loaders.membership = loader


def register_workspaces_loader(loader: WorkspacesLoader) -> None:
    """Tell the lobby how to list the workspaces of a user, the preferred one first."""
    _loaders.workspaces = loader


def current_membership() -> Membership | None:
    """The membership that the URL named, if any."""
    found: Membership | None = g.get("membership")
    return found


def shell_membership() -> Membership | None:
    """Membership of the workspace that the frame shows: the URL's, else the last one visited."""
    if (membership := current_membership()) is not None:
        return membership
    if "shell_membership" not in g:
        g.shell_membership = _last_visited()
    found: Membership | None = g.shell_membership
    return found


def _last_visited() -> Membership | None:
    user_id, choices = _user_id(), my_workspaces()
    if user_id is None or not choices:
        return None
    slugs = [choice.slug for choice in choices]
    last = session.get(SESSION_KEY)
    return _loaders.membership(user_id, last if last in slugs else slugs[0])


def shell_workspace() -> WorkspaceChoice | None:
    """The workspace that the frame shows."""
    membership = shell_membership()
    return membership.workspace if membership else None


def my_workspaces() -> list[WorkspaceChoice]:
    """All workspaces of the person who is signed in; asked once per request."""
    if "my_workspaces" not in g:
        user_id = _user_id()
        g.my_workspaces = [] if user_id is None else _loaders.workspaces(user_id)
    choices: list[WorkspaceChoice] = g.my_workspaces
    return choices


def enter_workspace(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Pop the slug, check the membership, set the workspace. Errors: NotFound."""
    if not values or "slug" not in values or not _is_workspace_route():
        return
    slug = values.pop("slug")
    user_id = _user_id()
    if user_id is None:
        return  # the view's own decorator asks to sign in
    membership = _loaders.membership(user_id, slug)
    if membership is None:
        raise NotFound
    g.membership = membership
    permissions.enter_workspace(membership.workspace.id, membership.permissions)
    if request.method == "GET" and session.get(SESSION_KEY) != slug:
        session[SESSION_KEY] = slug


def fill_slug(endpoint: str, values: dict[str, Any]) -> None:
    """Let `url_for` of a workspace page do without the slug."""
    is_known = endpoint in current_app.view_functions
    if "slug" in values or not is_known:
        return
    if not current_app.url_map.is_endpoint_expecting(endpoint, "slug"):
        return
    workspace = shell_workspace()
    if workspace is not None:
        values["slug"] = workspace.slug


def _is_workspace_route() -> bool:
    return request.url_rule is not None and request.url_rule.rule.startswith("/w/<slug>")


def _user_id() -> int | None:
    if not hasattr(current_app, "login_manager") or not current_user.is_authenticated:
        return None
    return int(current_user.id)


@signed_in
def redirect_short(rest: str = "") -> Response | BaseResponse:
    """`/campaigns/3` goes to `/w/<current slug>/campaigns/3`."""
    workspace = shell_workspace()
    if workspace is None:
        raise NotFound("You are not a member of a workspace yet.")
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return redirect(f"/w/{workspace.slug}{request.path}{query}")


for _name in SHORT_PAGES:
    bp.add_url_rule(f"/{_name}", f"short_{_name}", redirect_short)
    bp.add_url_rule(f"/{_name}/<path:rest>", f"short_{_name}_page", redirect_short)


def _template_context() -> dict[str, Any]:
    """Lazy: a page without the frame asks nobody."""
    return {"current_workspace": LocalProxy(shell_workspace), "my_workspaces": my_workspaces}


def init_app(app: Flask) -> None:
    """Install the preprocessors and the short routes."""
    app.url_value_preprocessor(enter_workspace)
    app.url_defaults(fill_slug)
    app.context_processor(_template_context)
    app.register_blueprint(bp)
