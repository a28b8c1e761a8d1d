"""Users and workspaces."""

from functools import cache
from itertools import count
from typing import Any

from app.auth.hashing import hash_password
from app.core.clock import utcnow
from app.core.db import db
from app.models import Membership, User, Workspace

PASSWORD = "correct-horse-battery"
_numbers = count(1)


@cache
def _password_hash() -> str:
    return hash_password(PASSWORD)


def make_user(email: str | None = None, **over: Any) -> User:
    """A verified user whose password is PASSWORD."""
    values: dict[str, Any] = {
        "email": email or f"user{next(_numbers)}@example.test",
        "name": "Some One",
        "password_hash": _password_hash(),
        "email_verified_at": utcnow(),
    }
    user = User(**{**values, **over})
    db.session.add(user)
    db.session.flush()
    return user


def make_workspace(slug: str | None = None, **members: User) -> Workspace:
    """A workspace with members by role: `make_workspace("acme", owner=alice, viewer=vera)`."""
    slug = slug or f"space-{next(_numbers)}"
    workspace = Workspace(name=slug.title(), slug=slug)
    db.session.add(workspace)
    db.session.flush()
    for role, user in members.items():
        db.session.add(Membership(workspace_id=workspace.id, user_id=user.id, role=role))
        user.current_workspace_id = user.current_workspace_id or workspace.id
    db.session.flush()
    return workspace
