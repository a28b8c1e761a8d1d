"""Pages of workspaces: settings, members, invitations, entrance."""

import re

import pytest

from app.core.db import db
from app.models import User, Workspace
from app.workspaces import queries, services
from tests.factories import make_user

NEW = "tangled otter harbour"
PAGES = ("/w/acme/settings/general", "/w/acme/settings/members")


def link_in(mail):
    """The path of the link in an invitation."""
    return re.search(r"http://localhost(/invitations/\S+)", mail.body_text)[1]


def writes(cast):
    """Every write below the settings, with a body that would pass."""
    invitation = services.invite_member(cast.acme.id, "x@example.test", "viewer", by=cast.alice.id)
    base = "/w/acme/settings"
    return [
        (f"{base}/general", {"name": "New", "time_zone": "UTC"}),
        (f"{base}/members", {"email": "y@example.test", "role": "viewer"}),
        (f"{base}/members/{cast.vera.id}/role", {"role": "viewer"}),
        (f"{base}/invitations/{invitation.id}/resend", {}),
        (f"{base}/invitations/{invitation.id}/revoke", {}),
        (f"{base}/members/{cast.vera.id}/remove", {}),
    ]


class TestFourKinds:
    @pytest.mark.parametrize("url", PAGES)
    def test_pages_work_for_every_member(self, page, cast, url):
        for person in (cast.alice, cast.bob, cast.vera):
            page.as_(person).get(url)

    @pytest.mark.parametrize("url", [*PAGES, "/w/acme/settings"])
    def test_pages_do_not_exist_for_outsiders(self, page, cast, url):
        page.as_(cast.charlie).get(url, 404)

    @pytest.mark.parametrize("url", PAGES)
    def test_strangers_sign_in_first(self, client, cast, url):
        assert "/auth/login?next=" in client.get(url).location

    def test_writes_work_for_the_owner(self, page, cast):
        for url, data in writes(cast):
            if "revoke" not in url:  # sending again has replaced that one
                page.as_(cast.alice).post(url, data)

    def test_writes_are_refused_to_members_and_viewers(self, page, cast):
        for url, data in writes(cast):
            page.as_(cast.bob).post(url, data, 403)
            page.as_(cast.vera).post(url, data, 403)

    def test_writes_do_not_exist_for_outsiders(self, page, cast):
        for url, data in writes(cast):
            page.as_(cast.charlie).post(url, data, 404)

    def test_changed_role_acts_at_once(self, page, cast):
        bob = page.as_(cast.bob)
        bob.post("/w/acme/settings/general", {"name": "X", "time_zone": "UTC"}, 403)
        services.change_role(cast.acme.id, cast.bob.id, "admin", by=cast.alice.id)
        bob.post("/w/acme/settings/general", {"name": "X", "time_zone": "UTC"})
        services.remove_member(cast.acme.id, cast.bob.id, by=cast.alice.id)
        bob.get("/w/acme/settings/general", 404)


class TestGeneral:
    def test_saves(self, page, cast):
        alice = page.as_(cast.alice)
        alice.post("/w/acme/settings/general", {"name": "Acme 2", "time_zone": "Asia/Tokyo"})
        saved = db.session.get(Workspace, cast.acme.id)
        assert (saved.name, saved.time_zone, saved.slug) == ("Acme 2", "Asia/Tokyo", "acme")

    def test_refuses(self, page, cast):
        alice = page.as_(cast.alice)
        data = {"name": "", "time_zone": "Mars/Base"}
        answer = alice.post("/w/acme/settings/general", data, 422)
        assert answer.soup.select_one("#f-name-error")
        assert answer.soup.select_one("#f-time_zone-error")

    def test_takes_no_other_columns(self, page, cast):
        data = {"name": "A", "time_zone": "UTC", "slug": "evil", "id": "9", "deleted_at": "now"}
        page.as_(cast.alice).post("/w/acme/settings/general", data)
        assert db.session.get(Workspace, cast.acme.id).slug == "acme"


class TestMembers:
    def test_invite_shows_up_and_goes_out(self, page, cast, mails):
        alice = page.as_(cast.alice)
        data = {"email": "New@example.test", "role": "manager"}
        alice.post("/w/acme/settings/members", data)
        assert "new@example.test" in alice.get("/w/acme/settings/members").text
        assert mails[0].to_email == "new@example.test"

    def test_invite_refuses(self, page, cast):
        alice = page.as_(cast.alice)
        url = "/w/acme/settings/members"
        assert alice.post(url, {"email": "nope"}, 422).soup.select_one("#f-email-error")
        assert "member already" in alice.post(url, {"email": "bob@acme.test"}, 422).text
        alice.post(url, {"email": "a@example.test", "role": "root"}, 422)

    def test_unverified_people_see_why_they_cannot(self, page, cast):
        cast.alice.email_verified_at = None
        alice = page.as_(cast.alice)
        assert "Verify your email address first" in alice.get("/w/acme/settings/members").text
        alice.post("/w/acme/settings/members", {"email": "a@example.test", "role": "viewer"}, 403)

    def test_admin_cannot_touch_the_owner(self, page, cast):
        services.change_role(cast.acme.id, cast.bob.id, "admin", by=cast.alice.id)
        bob = page.as_(cast.bob)
        bob.post(f"/w/acme/settings/members/{cast.alice.id}/role", {"role": "viewer"}, 403)
        bob.post(f"/w/acme/settings/members/{cast.alice.id}/remove", status=403)
        bob.get(f"/w/acme/settings/members/{cast.alice.id}", 403)
        rows = bob.get("/w/acme/settings/members").soup
        assert not rows.select(f"a[href$='/members/{cast.alice.id}']")
        assert rows.select(f"a[href$='/members/{cast.vera.id}']")

    def test_one_member(self, page, cast):
        url = f"/w/acme/settings/members/{cast.bob.id}"
        assert page.as_(cast.alice).get(url).find("input[value=member][checked]")
        page.as_(cast.alice).post(url + "/role", {"role": "root"}, 422)
        page.as_(cast.bob).get(url, 403)
        page.as_(cast.vera).get(url, 403)
        page.as_(cast.charlie).get(url, 404)
        page.as_(cast.alice).get(f"/w/acme/settings/members/{cast.charlie.id}", 404)

    def test_last_owner_stays(self, page, cast):
        alice = page.as_(cast.alice)
        alice.post("/w/acme/settings/leave", status=409)
        alice.post(f"/w/acme/settings/members/{cast.alice.id}/role", {"role": "viewer"}, 409)

    def test_everybody_else_may_leave(self, page, cast):
        vera = page.as_(cast.vera)
        assert vera.post("/w/acme/settings/leave").location == "/"
        vera.get("/w/acme/dashboard", 404)
        assert vera.client.get("/").location.endswith("/workspaces/new")

    def test_user_of_another_workspace_by_id(self, page, cast):
        alice = page.as_(cast.alice)
        alice.post(f"/w/acme/settings/members/{cast.charlie.id}/remove", status=404)
        url = f"/w/acme/settings/members/{cast.charlie.id}/role"
        alice.post(url, {"role": "viewer"}, 404)

    def test_invitation_of_another_workspace_by_id(self, page, cast):
        invitation = services.invite_member(
            cast.other.id, "x@example.test", "viewer", by=cast.charlie.id
        )
        alice = page.as_(cast.alice)
        for verb in ("resend", "revoke"):
            alice.post(f"/w/acme/settings/invitations/{invitation.id}/{verb}", status=404)


class TestInvitation:
    @pytest.fixture
    def link(self, cast, mails):
        services.invite_member(cast.acme.id, "new@example.test", "member", by=cast.alice.id)
        db.session.commit()
        return link_in(mails[0])

    def test_somebody_new_signs_up_and_joins(self, page, cast, link):
        assert page.get(link).find("#f-address")["value"] == "new@example.test"
        page.post(link, {"password": "short"}, 422)
        # another address in the form changes nothing: it comes from the invitation
        data = {"password": NEW, "name": "Nina", "email": "evil@example.test"}
        assert page.post(link, data).location == "/w/acme/dashboard"
        page.get("/w/acme/dashboard")
        user = db.session.query(User).filter_by(email="new@example.test").one()
        assert user.is_verified
        assert queries.find_member(cast.acme.id, user.id).role == "member"

    def test_somebody_signed_in_joins(self, page, cast, link):
        theirs = page.as_(make_user("new@example.test"))
        theirs.get(link)
        assert theirs.post(link).location == "/w/acme/dashboard"
        theirs.get(link, 404)
        theirs.post(link, status=404)

    def test_opening_it_changes_nothing(self, page, cast, link):
        user = make_user("new@example.test")
        page.as_(user).get(link)
        assert queries.find_member(cast.acme.id, user.id) is None

    def test_somebody_known_signs_in_first(self, page, cast, link):
        make_user("new@example.test")
        assert "Sign in to join" in page.get(link).text
        assert "/auth/login?next=" in page.post(link, {"password": NEW}).location

    def test_another_address_is_told_so(self, page, cast, link):
        charlie = page.as_(cast.charlie)
        assert "Sign out, then open the link again" in charlie.get(link).text
        charlie.post(link, status=403)
        assert queries.find_member(cast.acme.id, cast.charlie.id) is None

    @pytest.mark.parametrize("token", ["forged", "x" * 43, "%00", "..%2f"])
    def test_forged(self, page, cast, token):
        page.get(f"/invitations/{token}", 404)
        page.post(f"/invitations/{token}", status=404)


class TestEntrance:
    def test_new_workspace_needs_a_name(self, page, cast):
        page.as_(cast.alice).post("/workspaces", {"name": " "}, 422)

    def test_switch(self, page, cast):
        services.create_workspace(cast.alice, "Second")
        alice = page.as_(cast.alice)
        answer = alice.post(f"/workspaces/{cast.acme.id}/switch")
        assert answer.location == "/w/acme/dashboard"
        alice.post(f"/workspaces/{cast.other.id}/switch", status=404)

    def test_needs_sign_in(self, client, app):
        assert client.get("/workspaces/new").status_code == 302
