"""What the room brings to the app: who is a member where, and its menu entries."""

from collections.abc import Iterator

from flask import Flask, url_for

from app.api.access import Entry, register_entry_loader
from app.auth.queries import get_user
from app.core.permissions import can
from app.web import tenant
from app.web.nav import NavItem, PaletteItem, register_nav, register_palette
from app.workspaces import queries
from app.workspaces.policies import Access


def init_app(app: Flask) -> None:
    """Called once by app/rooms.py."""
    app.jinja_env.globals["can"] = can
    tenant.register_membership_loader(load_membership)
    tenant.register_workspaces_loader(list_workspaces)
    register_entry_loader(load_entry)
    register_palette(find_pages)
    register_nav(
        NavItem(
            "Settings",
            "workspaces.show_general",
            "settings",
            order=90,
            permission="settings.view",
        ),
        NavItem("New workspace", "workspaces.new_workspace", "plus", order=50, place="workspace"),
    )


def find_pages(text: str) -> Iterator[PaletteItem]:
    """Pages of the settings whose name holds the text."""
    pages = (
        ("General settings", "workspaces.show_general", "settings.view", "settings"),
        ("Members and invitations", "workspaces.index_members", "members.view", "users"),
    )
    for label, endpoint, permission, icon in pages:
        if text and text.casefold() in label.casefold() and can(permission):
            yield PaletteItem(label, url_for(endpoint), icon, "Pages")


def load_membership(user_id: int, slug: str) -> tenant.Membership | None:
    """A user's membership in the workspace of this slug, as the lobby wants it."""
    access = queries.load_membership(user_id, slug)
    return tenant.Membership(_choice(access), access.role, access.permissions) if access else None


def load_entry(user_id: int, workspace_id: int | None) -> Entry | None:
    """The same for the JSON door: the workspace a call names, else the person's current one."""
    if workspace_id is None:
        access = queries.current_access(get_user(user_id))
    else:
        access = queries.find_access(user_id, workspace_id)
    return Entry(access.workspace_id, access.permissions) if access else None


def list_workspaces(user_id: int) -> list[tenant.WorkspaceChoice]:
    """A user's workspaces by name, the one chosen last first."""
    chosen = get_user(user_id).current_workspace_id
    every = sorted(queries.list_access(user_id), key=lambda a: a.workspace_id != chosen)
    return [_choice(access) for access in every]


def _choice(access: Access) -> tenant.WorkspaceChoice:
    return tenant.WorkspaceChoice(access.workspace_id, access.slug, access.name)
