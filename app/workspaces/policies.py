"""Pure rules of workspaces: what each role may do, who may change whom, how names become slugs."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

INVITATION_LIFE = timedelta(hours=72)

_VIEWS = frozenset(
    f"{noun}.view"
    for noun in ("campaigns", "leads", "accounts", "mailhub", "analytics", "settings", "members")
)
_MEMBER = _VIEWS | {"campaigns.edit", "leads.edit", "mailhub.edit", "mailhub.send"}
_MANAGER = _MEMBER | {"campaigns.launch", "accounts.edit", "analytics.edit"}
_ADMIN = _MANAGER | {"members.edit", "settings.edit"}
_OWNER = _ADMIN | {"workspace.delete"}

ROLES: dict[str, frozenset[str]] = {
    "owner": _OWNER,
    "admin": _ADMIN,
    "manager": _MANAGER,
    "member": _MEMBER,
    "viewer": _VIEWS,
}
ROLE_WORDS: dict[str, str] = {
    "owner": "Everything, and may appoint owners.",
    "admin": "Everything but appointing owners: members and settings too.",
    "manager": "Launches campaigns and connects accounts.",
    "member": "Writes campaigns, adds leads, answers mail.",
    "viewer": "Sees everything, changes nothing.",
}
RANK: dict[str, int] = {role: rank for rank, role in enumerate(reversed(ROLES))}

# Words that would read as a page of the installation, or mislead, in an address.
RESERVED_SLUGS = frozenset(
    [
        "admin",
        "api",
        "auth",
        "dashboard",
        "help",
        "login",
        "logout",
        "new",
        "oauth",
        "parakeet",
        "sandbox",
        "settings",
        "signup",
        "static",
        "styleguide",
        "support",
        "t",
        "u",
        "w",
        "webhooks",
        "workspaces",
        "www",
    ]
)
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def permissions_of(role: str) -> frozenset[str]:
    """The permissions of a role; an unknown role has none."""
    return ROLES.get(role, frozenset())


@dataclass(frozen=True)
class Access:
    """One user's way into one workspace."""

    workspace_id: int
    slug: str
    name: str
    time_zone: str
    role: str

    @property
    def permissions(self) -> frozenset[str]:
        """What the role allows."""
        return permissions_of(self.role)


def may_hand_out(actor_role: str, role: str) -> bool:
    """Whether somebody of `actor_role` may give the role `role`: never one above their own."""
    return (
        role in ROLES
        and "members.edit" in permissions_of(actor_role)
        and RANK[role] <= RANK[actor_role]
    )


def may_touch_member(actor_role: str, member_role: str) -> bool:
    """Whether somebody of `actor_role` may change or remove a member of `member_role`."""
    return may_hand_out(actor_role, member_role)


def roles_to_hand_out(actor_role: str) -> list[str]:
    """The roles this person may give, strongest first."""
    return [role for role in ROLES if may_hand_out(actor_role, role)]


def slug_base(name: str) -> str:
    """The name in small ASCII letters, digits and dashes: `Café Zoë & Co` → `cafe-zoe-co`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = _NOT_SLUG.sub("-", plain.lower()).strip("-")[:40].strip("-")
    if not slug or slug.isdigit():
        slug = f"workspace-{slug}".strip("-")
    return f"{slug}-1" if slug in RESERVED_SLUGS else slug


def free_slug(name: str, taken: set[str]) -> str:
    """The first free slug for a name: `acme`, then `acme-2`, `acme-3`, …"""
    base = slug_base(name)
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
