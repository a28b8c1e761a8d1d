"""Who may do what: flask-principal Needs, and exactly one decorator on every view."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, g, request
from flask_login import current_user
from flask_principal import AnonymousIdentity, Identity, Need, Permission, Principal, UserNeed

from app.core.context import Actor, current_actor, current_actor_var
from app.core.errors import Forbidden, NotFound, Unauthenticated
from app.core.tenancy import current_workspace_id

__all__ = [
    "Actor",
    "access_of",
    "act_as",
    "can",
    "current_actor",
    "enter_workspace",
    "init_app",
    "installation_admin",
    "public",
    "requires",
    "signed_in",
]

View = TypeVar("View", bound=Callable[..., Any])
INSTALLATION_ADMIN = Need("installation", "admin")


def permission_need(name: str) -> Need:
    """The Need of a permission string such as `mailhub.edit`, in the current workspace."""
    return Need("permission", name)


def init_app(app: Flask) -> None:
    """Load the identity anew on each request: a changed role acts at once."""
    principal = Principal(app, use_sessions=False, skip_static=True)
    principal.identity_loader(_load_identity)
    app.before_request(_bind_actor)


def _load_identity() -> Identity:
    if not current_user.is_authenticated:
        return AnonymousIdentity()
    identity = Identity(current_user.id)
    identity.provides.add(UserNeed(current_user.id))
    if current_user.is_installation_admin:
        identity.provides.add(INSTALLATION_ADMIN)
    identity.provides.update(map(permission_need, g.get("permissions", ())))
    return identity


def _bind_actor() -> None:
    user_id = current_user.id if current_user.is_authenticated else None
    current_actor_var.set(Actor(user_id, current_workspace_id.get(), request.remote_addr or ""))


def enter_workspace(workspace_id: int, permissions: Iterable[str]) -> None:
    """Set the workspace and what the signed-in person may do there, for the rest of the request.

    Called by the doors once they have found the membership.
    """
    current_workspace_id.set(workspace_id)
    g.permissions = frozenset(permissions)
    if "identity" in g:
        g.identity.provides.update(map(permission_need, g.permissions))
    _bind_actor()


def act_as(person: Any) -> None:
    """Serve the rest of the request for `person`, whoever the cookie says. For bearer tokens."""
    g._login_user = person  # where Flask-Login keeps the person of this request
    g.identity = _load_identity()
    _bind_actor()


def can(permission: str) -> bool:
    """Whether the signed-in person has this permission in the current workspace."""
    return bool(Permission(permission_need(permission)).can())


def _mark(view: View, kind: str, permission: str | None = None) -> View:
    view.access = (kind, permission)  # type: ignore[attr-defined]
    return view


def access_of(view: Any) -> tuple[str, str | None] | None:
    """How a view is guarded: (kind, permission); None when nobody said."""
    return getattr(view, "access", None)


def _need_sign_in() -> None:
    if not current_user.is_authenticated:
        raise Unauthenticated


def public(view: View) -> View:
    """Anybody may ask."""
    return _mark(view, "public")


def signed_in(view: View) -> View:
    """Anybody signed in may ask."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _need_sign_in()
        return view(*args, **kwargs)

    return _mark(guarded, "signed_in")  # type: ignore[return-value]


def installation_admin(view: View) -> View:
    """Only those who run the installation; to others the page does not exist."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _need_sign_in()
        if not Permission(INSTALLATION_ADMIN).can():
            raise NotFound
        return view(*args, **kwargs)

    return _mark(guarded, "installation_admin")  # type: ignore[return-value]


def requires(permission: str) -> Callable[[View], View]:
    """Only members of the current workspace whose role has `permission`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            _need_sign_in()
            if current_workspace_id.get() is None:
                raise NotFound
            if not can(permission):
                raise Forbidden
            return view(*args, **kwargs)

        return _mark(guarded, "workspace", permission)  # type: ignore[return-value]

    return decorate
