"""What no column can hold (a NUL character, an id beyond 64 bits) is refused, never our error."""

import pytest

NEW = "tangled otter harbour"
HUGE = "9" * 30


def test_nul_in_forms(page, cast):
    page.post("/auth/login", {"email": "a\0@example.test", "password": "x\0"}, 400)
    page.post("/signup", {"email": "a@example.test", "password": NEW, "name": "a\0b"}, 400)
    page.post("/auth/forgot-password", {"email": "a\0@example.test"}, 422)
    alice = page.as_(cast.alice)
    alice.post("/profile/name", {"name": "a\0b"}, 400)
    alice.post("/workspaces", {"name": "a\0b"}, 400)
    alice.get("/profile")


def test_nul_in_addresses(page, cast):
    alice = page.as_(cast.alice)
    alice.get("/w/%00/dashboard", 400)
    alice.get("/w/acme/palette?q=ab%00cd", 400)
    page.get("/auth/verify/%00", 404)
    page.get("/auth/forgot-password/%00", 404)


@pytest.mark.parametrize("path", ["settings/members", "campaigns", "accounts", "leads"])
def test_huge_ids(page, cast, path):
    assert page.as_(cast.alice).client.get(f"/w/acme/{path}/{HUGE}").status_code in (400, 404)


def test_huge_ids_in_writes(page, cast):
    page.as_(cast.alice).post(f"/profile/sessions/{HUGE}/revoke", status=400)
    page.as_(cast.alice).post(f"/workspaces/{HUGE}/switch", status=400)
