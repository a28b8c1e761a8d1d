"""The pure rules of workspaces: roles and slugs."""

from itertools import pairwise

import pytest

from app.workspaces import policies


def test_each_role_has_more_than_the_one_below():
    order = ["viewer", "member", "manager", "admin", "owner"]
    for lower, upper in pairwise(order):
        assert policies.permissions_of(lower) < policies.permissions_of(upper)
        assert policies.RANK[lower] < policies.RANK[upper]


def test_viewer_only_views():
    assert all(p.endswith(".view") for p in policies.permissions_of("viewer"))
    assert policies.permissions_of("nonsense") == frozenset()


@pytest.mark.parametrize(
    ("actor", "role", "allowed"),
    [
        ("owner", "owner", True),
        ("admin", "owner", False),
        ("admin", "admin", True),
        ("manager", "viewer", False),
        ("viewer", "viewer", False),
        ("owner", "root", False),
        ("", "viewer", False),
    ],
)
def test_nobody_hands_out_a_role_above_their_own(actor, role, allowed):
    assert policies.may_hand_out(actor, role) is allowed


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme", "acme"),
        ("Café Zoë & Co.", "cafe-zoe-co"),
        ("株式会社", "workspace"),
        ("2024", "workspace-2024"),
        ("Admin", "admin-1"),
        ("x" * 90, "x" * 40),
    ],
)
def test_slug_base(name, slug):
    assert policies.slug_base(name) == slug


def test_free_slug_counts_on():
    assert policies.free_slug("Acme", {"acme", "acme-2"}) == "acme-3"
