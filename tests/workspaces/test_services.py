"""Workspaces, members and invitations, below the doors."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.auth import queries as people
from app.auth.errors import NotVerified, TokenInvalid
from app.auth.services import disable_user
from app.core.clock import frozen, utcnow
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.tenancy import unscoped, workspace_context
from app.models import Activity, Invitation, Membership
from app.workspaces import handlers, queries, services
from app.workspaces.events import RoleChanged
from tests.factories import make_user, make_workspace


def token_in(mail):
    """The token of the link in an invitation."""
    return re.search(r"/invitations/([\w-]+)", mail.body_text)[1]


def role_of(workspace, user):
    """The role of a user in a workspace, or None."""
    member = queries.find_member(workspace.id, user.id)
    return member.role if member else None


class TestWorkspaces:
    def test_maker_owns_it_and_works_there(self, app):
        user = make_user()
        workspace = services.create_workspace(user, " Acme ", time_zone="Europe/Berlin")
        assert (workspace.name, workspace.slug) == ("Acme", "acme")
        access = queries.load_membership(user.id, "acme")
        assert (access.role, access.time_zone) == ("owner", "Europe/Berlin")
        db.session.refresh(user)
        assert queries.current_access(user).workspace_id == workspace.id

    def test_same_name_another_slug(self, app):
        user = make_user()
        slugs = [services.create_workspace(user, "Acme").slug for _ in range(3)]
        assert slugs == ["acme", "acme-2", "acme-3"]

    def test_several_per_user(self, app):
        user = make_user()
        first = services.create_workspace(user, "Zebra")
        second = services.create_workspace(user, "Ant")
        assert [a.name for a in queries.list_access(user.id)] == ["Ant", "Zebra"]
        services.switch_workspace(user.id, first.id)
        db.session.refresh(user)
        assert queries.current_access(user).workspace_id == first.id
        services.switch_workspace(user.id, second.id)
        db.session.refresh(user)
        assert queries.current_access(user).workspace_id == second.id

    def test_outsiders_cannot_switch_into_one(self, cast):
        with pytest.raises(NotFound):
            services.switch_workspace(cast.charlie.id, cast.acme.id)
        assert queries.load_membership(cast.charlie.id, "acme") is None

    def test_deleted_ones_are_gone(self, cast):
        cast.acme.deleted_at = utcnow()
        assert queries.load_membership(cast.alice.id, "acme") is None
        assert queries.list_access(cast.alice.id) == []
        with pytest.raises(NotFound):
            queries.get_workspace(cast.acme.id)

    def test_renaming_keeps_the_slug(self, cast):
        services.update_workspace(cast.acme, name="Acme International", time_zone="UTC")
        assert (cast.acme.name, cast.acme.slug) == ("Acme International", "acme")


class TestRoles:
    def test_owner_changes_roles(self, cast):
        services.change_role(cast.acme.id, cast.bob.id, "admin", by=cast.alice.id)
        assert role_of(cast.acme, cast.bob) == "admin"

    def test_no_such_role(self, cast):
        with pytest.raises(Invalid):
            services.change_role(cast.acme.id, cast.bob.id, "root", by=cast.alice.id)

    def test_nobody_rises_above_who_lifts_them(self, cast):
        services.change_role(cast.acme.id, cast.bob.id, "admin", by=cast.alice.id)
        with pytest.raises(Forbidden):
            services.change_role(cast.acme.id, cast.vera.id, "owner", by=cast.bob.id)
        with pytest.raises(Forbidden):
            services.change_role(cast.acme.id, cast.bob.id, "owner", by=cast.bob.id)
        with pytest.raises(Forbidden):
            services.change_role(cast.acme.id, cast.alice.id, "viewer", by=cast.bob.id)

    def test_members_change_nobody(self, cast):
        for by in (cast.bob, cast.vera):
            with pytest.raises(Forbidden):
                services.change_role(cast.acme.id, cast.vera.id, "viewer", by=by.id)
            with pytest.raises(Forbidden):
                services.remove_member(cast.acme.id, cast.alice.id, by=by.id)

    def test_members_of_other_workspaces_are_not_there(self, cast):
        with pytest.raises(NotFound):
            services.change_role(cast.acme.id, cast.charlie.id, "viewer", by=cast.alice.id)
        with pytest.raises(NotFound):
            services.remove_member(cast.acme.id, cast.charlie.id, by=cast.alice.id)
        with pytest.raises(NotFound):
            services.remove_member(cast.acme.id, cast.bob.id, by=cast.charlie.id)
        assert role_of(cast.acme, cast.bob) == "member"


class TestLastOwner:
    def test_cannot_step_down_be_removed_or_leave(self, cast):
        with pytest.raises(Conflict):
            services.change_role(cast.acme.id, cast.alice.id, "member", by=cast.alice.id)
        with pytest.raises(Conflict):
            services.remove_member(cast.acme.id, cast.alice.id, by=cast.alice.id)
        with pytest.raises(Conflict):
            services.leave_workspace(cast.acme.id, cast.alice.id)
        assert role_of(cast.acme, cast.alice) == "owner"

    def test_one_of_two_may(self, cast):
        services.change_role(cast.acme.id, cast.bob.id, "owner", by=cast.alice.id)
        services.leave_workspace(cast.acme.id, cast.alice.id)
        with pytest.raises(Conflict):
            services.leave_workspace(cast.acme.id, cast.bob.id)

    def test_owners_of_other_workspaces_do_not_help(self, cast):
        assert queries.count_owners(cast.acme.id) == 1


def test_leaving_forgets_where_one_worked_and_whom_one_invited(cast, mails):
    services.change_role(cast.acme.id, cast.bob.id, "admin", by=cast.alice.id)
    services.invite_member(cast.acme.id, "new@example.test", "viewer", by=cast.bob.id)
    services.remove_member(cast.acme.id, cast.bob.id, by=cast.alice.id)
    db.session.expire_all()
    assert people.get_user(cast.bob.id).current_workspace_id is None
    with pytest.raises(TokenInvalid):
        services.accept_invitation(token_in(mails[0]), make_user("new@example.test"))


def test_a_role_taken_away_is_not_got_back_by_a_second_address(cast, mails):
    services.change_role(cast.acme.id, cast.bob.id, "owner", by=cast.alice.id)
    for email, role in (("second@example.test", "owner"), ("new@example.test", "member")):
        services.invite_member(cast.acme.id, email, role, by=cast.bob.id)
    services.change_role(cast.acme.id, cast.bob.id, "admin", by=cast.alice.id)
    with pytest.raises(TokenInvalid):
        services.accept_invitation(token_in(mails[0]), make_user("second@example.test"))
    services.accept_invitation(token_in(mails[1]), new := make_user("new@example.test"))
    assert role_of(cast.acme, new) == "member"


def test_links_of_somebody_locked_out_lead_nowhere(cast, mails):
    services.invite_member(cast.acme.id, "new@example.test", "member", by=cast.alice.id)
    disable_user(cast.alice.email)
    with pytest.raises(TokenInvalid):
        services.accept_invitation(token_in(mails[0]), make_user("new@example.test"))


class TestInvitations:
    def invite(self, cast, email="new@example.test", role="member"):
        return services.invite_member(cast.acme.id, email, role, by=cast.alice.id)

    def test_accepted_by_the_address_it_was_sent_to(self, cast, mails):
        self.invite(cast, " New@Example.TEST ", "manager")
        user = make_user("new@example.test", email_verified_at=None)
        access = services.accept_invitation(token_in(mails[0]), user)
        assert (access.slug, access.role) == ("acme", "manager")
        assert user.is_verified
        assert mails[0].to_email == "new@example.test"
        assert "Acme" in mails[0].subject

    def test_of_no_use_to_another_address(self, cast, mails):
        self.invite(cast)
        with pytest.raises(Forbidden):
            services.accept_invitation(token_in(mails[0]), cast.charlie)
        assert role_of(cast.acme, cast.charlie) is None

    def test_works_once(self, cast, mails):
        self.invite(cast)
        user = make_user("new@example.test")
        services.accept_invitation(token_in(mails[0]), user)
        services.remove_member(cast.acme.id, user.id, by=cast.alice.id)
        with pytest.raises(TokenInvalid):
            services.accept_invitation(token_in(mails[0]), user)

    def test_expires_after_72_hours(self, cast, mails):
        self.invite(cast)
        user = make_user("new@example.test")
        with frozen(utcnow() + timedelta(hours=72, seconds=1)):
            with pytest.raises(TokenInvalid):
                services.accept_invitation(token_in(mails[0]), user)

    @pytest.mark.parametrize("token", ["", "forged", "x" * 43])
    def test_empty_and_forged(self, cast, mails, token):
        self.invite(cast)
        with pytest.raises(TokenInvalid):
            services.accept_invitation(token, make_user("new@example.test"))

    def test_empty_hash_in_the_table_matches_nothing(self, cast):
        invitation = self.invite(cast)
        invitation.token_hash = ""
        db.session.flush()
        with pytest.raises(TokenInvalid):
            services.accept_invitation("", make_user("new@example.test"))

    def test_sent_again_the_old_link_ends(self, cast, mails):
        invitation = self.invite(cast)
        services.resend_invitation(cast.acme.id, invitation.id, by=cast.alice.id)
        user = make_user("new@example.test")
        with pytest.raises(TokenInvalid):
            services.accept_invitation(token_in(mails[0]), user)
        services.accept_invitation(token_in(mails[1]), user)
        assert len(queries.list_invitations(cast.acme.id)) == 0

    def test_revoked(self, cast, mails):
        invitation = self.invite(cast)
        services.revoke_invitation(cast.acme.id, invitation.id, by=cast.alice.id)
        with pytest.raises(TokenInvalid):
            services.accept_invitation(token_in(mails[0]), make_user("new@example.test"))

    def test_of_another_workspace_is_not_there(self, cast):
        invitation = self.invite(cast)
        with pytest.raises(NotFound):
            services.revoke_invitation(cast.other.id, invitation.id, by=cast.charlie.id)
        with pytest.raises(NotFound):
            services.resend_invitation(cast.other.id, invitation.id, by=cast.charlie.id)

    def test_only_the_hash_is_stored(self, cast, mails):
        self.invite(cast)
        row = db.session.scalars(sa.select(Invitation)).one()
        assert token_in(mails[0]) != row.token_hash

    def test_unverified_people_cannot_invite(self, cast):
        cast.alice.email_verified_at = None
        with pytest.raises(NotVerified):
            self.invite(cast)

    def test_nobody_hands_out_more_than_they_have(self, cast):
        services.change_role(cast.acme.id, cast.bob.id, "admin", by=cast.alice.id)
        with pytest.raises(Forbidden):
            services.invite_member(cast.acme.id, "x@example.test", "owner", by=cast.bob.id)
        with pytest.raises(Forbidden):
            services.invite_member(cast.acme.id, "x@example.test", "viewer", by=cast.vera.id)

    def test_members_are_not_invited(self, cast):
        with pytest.raises(Invalid):
            self.invite(cast, "BOB@acme.test")

    def test_a_member_keeps_the_role(self, cast, mails):
        self.invite(cast, role="viewer")
        user = make_user("new@example.test")
        db.session.add(Membership(workspace_id=cast.acme.id, user_id=user.id, role="admin"))
        db.session.flush()
        services.accept_invitation(token_in(mails[0]), user)
        assert role_of(cast.acme, user) == "admin"

    def test_names_cannot_break_the_mail(self, cast, mails):
        cast.acme.name = "Acme\r\nBcc: all@example.test <script>"
        self.invite(cast)
        assert "\n" not in mails[0].subject
        assert "<script>" not in mails[0].body_html


class TestActivity:
    def rows(self):
        with unscoped("the test looks at every workspace"):
            return list(db.session.scalars(sa.select(Activity).order_by(Activity.id)))

    def test_row_names_workspace_subject_and_data(self, cast):
        handlers.record_activity(RoleChanged(cast.acme.id, cast.bob.id, "member", "admin"))
        (row,) = self.rows()
        assert (row.workspace_id, row.kind) == (cast.acme.id, "workspaces.role_changed")
        assert (row.subject_type, row.subject_id) == ("user", cast.bob.id)
        assert row.data == {"from": "member", "to": "admin"}

    def test_event_without_workspace_uses_the_current_one(self, cast):
        class Launched:
            def activity(self):
                return "campaigns.launched", None, {"leads": 3, "api_token": "x"}

        other_id = cast.other.id
        db.session.commit()
        with workspace_context(other_id):
            handlers.record_activity(Launched())
        (row,) = self.rows()
        assert (row.workspace_id, row.data) == (other_id, {"leads": 3, "api_token": "…"})

    def test_sensitive_acts_leave_one_row_each(self, cast, mails):
        services.change_role(cast.acme.id, cast.bob.id, "admin", by=cast.alice.id)
        services.invite_member(cast.acme.id, "new@example.test", "viewer", by=cast.alice.id)
        user = make_user("new@example.test")
        services.accept_invitation(token_in(mails[0]), user)
        services.remove_member(cast.acme.id, user.id, by=cast.alice.id)
        assert [row.kind for row in self.rows()] == [
            "workspaces.role_changed",
            "workspaces.member_invited",
            "workspaces.member_joined",
            "workspaces.member_removed",
        ]


def test_permissions_of_an_unknown_role_are_none(app):
    user = make_user()
    make_workspace("odd", janitor=user)
    assert queries.load_membership(user.id, "odd").permissions == frozenset()
