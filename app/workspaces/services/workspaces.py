"""Making a workspace, naming it, choosing where one works."""

import sqlalchemy as sa

from app.auth.services import set_current_workspace
from app.core.db import db
from app.core.errors import NotFound
from app.core.events import publish
from app.models import Membership, User, Workspace
from app.workspaces import policies, queries
from app.workspaces.events import WorkspaceChanged, WorkspaceCreated
from app.workspaces.policies import Access


def create_workspace(user: User, name: str, *, time_zone: str = "UTC") -> Workspace:
    """A workspace owned by `user`, who works in it from now on."""
    name = name.strip()
    workspace = Workspace(name=name, slug=_free_slug(name), time_zone=time_zone)
    db.session.add(workspace)
    db.session.flush()
    db.session.add(Membership(workspace_id=workspace.id, user_id=user.id, role="owner"))
    db.session.flush()
    set_current_workspace(user.id, workspace.id)
    publish(WorkspaceCreated(workspace.id, user.id))
    return workspace


def update_workspace(workspace: Workspace, *, name: str, time_zone: str) -> Workspace:
    """Change name and time zone; the slug stays, as addresses in use point to it."""
    wanted = {"name": name.strip(), "time_zone": time_zone}
    changes = {field: new for field, new in wanted.items() if getattr(workspace, field) != new}
    for field, new in changes.items():
        setattr(workspace, field, new)
    if changes:
        db.session.flush()
        publish(WorkspaceChanged(workspace.id, changes))
    return workspace


def switch_workspace(user_id: int, workspace_id: int) -> Access:
    """Work in another workspace from now on. Errors: NotFound for outsiders."""
    access = queries.find_access(user_id, workspace_id)
    if access is None:
        raise NotFound
    set_current_workspace(user_id, workspace_id)
    return access


def _free_slug(name: str) -> str:
    """A slug nobody has; two who want the same one are made to queue."""
    base = policies.slug_base(name)
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"slug {base}"))))
    return policies.free_slug(name, queries.taken_slugs(base))
