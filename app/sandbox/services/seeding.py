"""What a new installation's demo needs besides its campaign: a person, a workspace, a past."""

from collections.abc import Iterable

from app.auth.hashing import check_password
from app.auth.queries import find_user
from app.auth.services import grant_admin, sign_up
from app.core.clock import utcnow
from app.models import User
from app.sandbox import demo_copy
from app.sandbox.filing import file_letters
from app.sandbox.history import past_filings
from app.workspaces.policies import Access
from app.workspaces.queries import find_access, list_access
from app.workspaces.services import create_workspace


def ensure_demo_user(password: str) -> tuple[User, bool]:
    """The demo user, made on the first call; whether `password` (still) opens the account."""
    user = find_user(demo_copy.USER_EMAIL)
    if user is None:
        user = sign_up(demo_copy.USER_EMAIL, password, name=demo_copy.USER_NAME, is_proven=True)
    if not user.is_installation_admin:
        grant_admin(user.email)
    return user, check_password(password, user.password_hash)


def ensure_workspace(user: User) -> Access:
    """The demo workspace, made on the first call."""
    for access in list_access(user.id):
        if access.slug.startswith(demo_copy.WORKSPACE_SLUG):
            return access
    workspace = create_workspace(user, demo_copy.WORKSPACE_NAME)
    made = find_access(user.id, workspace.id)
    assert made is not None
    return made


def deliver_history(senders: Iterable[tuple[str, str]]) -> None:
    """Put older conversations into mailboxes that are still empty; talks to the sandbox.

    Errors: Unavailable.
    """
    file_letters(past_filings(list(senders), utcnow()))
