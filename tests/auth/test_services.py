"""Signing up, signing in, sessions and one-time tokens, below the doors."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.auth import hashing, policies, queries, services
from app.auth.errors import InvalidCredentials, NotVerified, TokenInvalid
from app.core.clock import frozen, utcnow
from app.core.db import db
from app.core.errors import Invalid, NotFound, TooMany
from app.models import LoginAttempt, User, UserSession, UserToken
from tests.factories import make_user
from tests.factories.people import PASSWORD

NEW = "tangled otter harbour"
IP = "192.0.2.7"


def token_in(mail):
    """The token of the link in a mail."""
    return re.search(r"/(?:verify|forgot-password)/([\w-]+)", mail.body_text)[1]


class TestSignUp:
    def test_makes_a_user_and_mails_a_link(self, mails):
        user = services.sign_up("  New@Example.TEST ", NEW, name=" Nina ", ip=IP)
        assert (user.email, user.name, user.is_verified) == ("new@example.test", "Nina", False)
        assert user.password_hash.startswith("$argon2id$")
        assert [(m.to_email, m.purpose) for m in mails] == [("new@example.test", "verify")]
        assert token_in(mails[0]) in mails[0].body_html

    def test_first_person_runs_the_installation(self, app):
        assert services.sign_up("first@example.test", NEW).is_installation_admin
        assert not services.sign_up("second@example.test", NEW).is_installation_admin

    def test_address_taken_in_any_spelling(self, app):
        make_user("taken@example.test")
        with pytest.raises(Invalid) as caught:
            services.sign_up("Taken@EXAMPLE.test", NEW)
        assert caught.value.errors == {"email": ["The email has already been taken."]}
        assert services.sign_up("other@example.test", NEW).id

    def test_weak_password(self, app):
        with pytest.raises(Invalid) as caught:
            services.sign_up("a@example.test", "password1234")
        assert list(caught.value.errors) == ["password"]


class TestAuthenticate:
    def test_right_password(self, app):
        user = make_user("a@example.test")
        assert services.authenticate("A@example.test", PASSWORD, IP) is user

    @pytest.mark.parametrize(
        ("email", "password"), [("a@example.test", "wrong"), ("nobody@example.test", PASSWORD)]
    )
    def test_wrong_and_unknown_are_told_apart_by_nothing(self, app, email, password):
        make_user("a@example.test")
        with pytest.raises(InvalidCredentials) as caught:
            services.authenticate(email, password, IP)
        assert caught.value.message == "Invalid credentials. Please try again."

    def test_unknown_address_costs_a_whole_hash(self):
        """The stand-in hash has the settings of real ones, so checking it takes as long."""
        settings = hashing.NOBODY.split("$")[:4]
        assert settings == hashing.hash_password("x").split("$")[:4]
        assert not hashing.is_outdated(hashing.NOBODY)

    def test_disabled(self, app):
        make_user("a@example.test", is_disabled=True)
        with pytest.raises(InvalidCredentials):
            services.authenticate("a@example.test", PASSWORD, IP)

    def test_old_hash_is_renewed(self, app):
        from argon2 import PasswordHasher

        old = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
        user = make_user("a@example.test", password_hash=old)
        services.authenticate("a@example.test", PASSWORD, IP)
        assert user.password_hash != old
        assert services.authenticate("a@example.test", PASSWORD, IP) is user


class TestThrottle:
    def fail(self, email, ip=IP):
        with pytest.raises(InvalidCredentials):
            services.authenticate(email, "wrong", ip)

    def test_five_a_minute_per_address(self, app):
        make_user("a@example.test")
        at = utcnow()
        with frozen(at):
            for number in range(5):
                self.fail("a@example.test", ip=f"192.0.2.{number}")
            with pytest.raises(TooMany) as caught:
                services.authenticate("a@example.test", PASSWORD, "192.0.2.99")
        assert caught.value.retry_after == 60
        with frozen(at + timedelta(seconds=61)):
            assert services.authenticate("a@example.test", PASSWORD, IP)

    def test_five_a_minute_per_ip(self, app):
        make_user("a@example.test")
        for number in range(5):
            self.fail(f"user{number}@example.test")
        with pytest.raises(TooMany):
            services.authenticate("a@example.test", PASSWORD, IP)
        assert services.authenticate("a@example.test", PASSWORD, "192.0.2.8")

    def test_all_addresses_of_an_ipv6_network_count_as_one(self, app):
        for number in range(5):
            with pytest.raises(InvalidCredentials):
                services.authenticate(f"user{number}@example.test", "wrong", f"2001:db8::{number}")
        with pytest.raises(TooMany):
            services.authenticate("another@example.test", "wrong", "2001:db8::abcd")

    def test_right_ones_do_not_count(self, app):
        make_user("a@example.test")
        for _ in range(8):
            services.authenticate("a@example.test", PASSWORD, IP)

    def test_addresses_are_not_kept_in_clear(self, app):
        self.fail("secret@example.test")
        subjects = db.session.scalars(sa.select(LoginAttempt.subject)).all()
        assert len(subjects) == 1
        assert "secret" not in subjects[0]


class TestSessions:
    def test_found_by_its_token_only(self, app):
        user = make_user()
        started = services.start_session(user, ip=IP, user_agent="Firefox/1")
        assert queries.find_session(started.token)[1] is user
        assert queries.find_session("") is None
        assert queries.find_session("x" * 43) is None
        row = db.session.get(UserSession, started.id)
        assert started.token not in (row.token_hash, str(row.id))

    def test_two_starts_two_tokens(self, app):
        user = make_user()
        assert services.start_session(user).token != services.start_session(user).token

    def test_idle_for_twelve_hours(self, app):
        at = utcnow()
        with frozen(at):
            started = services.start_session(make_user())
        with frozen(at + timedelta(hours=11, minutes=59)):
            row, _ = queries.find_session(started.token)
            services.touch_session(row)
            db.session.expire_all()
        with frozen(at + timedelta(hours=23)):
            assert queries.find_session(started.token)
        with frozen(at + timedelta(hours=24, minutes=1)):
            assert queries.find_session(started.token) is None

    def test_remembered_for_thirty_days_and_not_longer(self, app):
        at = utcnow()
        with frozen(at):
            started = services.start_session(make_user(), remember=True)
        with frozen(at + timedelta(days=29)):
            assert queries.find_session(started.token)
        with frozen(at + timedelta(days=30, seconds=1)):
            assert queries.find_session(started.token) is None

    def test_used_daily_it_still_ends_after_thirty_days(self, app):
        at = utcnow()
        with frozen(at):
            started = services.start_session(make_user())
        for hours in range(10, 30 * 24, 10):
            with frozen(at + timedelta(hours=hours)):
                services.touch_session(queries.find_session(started.token)[0])
                db.session.expire_all()
        with frozen(at + timedelta(days=30, seconds=1)):
            assert queries.find_session(started.token) is None

    def test_revoked_by_its_owner_only(self, app):
        user, other = make_user(), make_user()
        started = services.start_session(user)
        assert not services.revoke_session(started.id, other.id)
        assert queries.find_session(started.token)
        assert services.revoke_session(started.id, user.id)
        assert queries.find_session(started.token) is None
        assert not services.revoke_session(started.id, user.id)

    def test_disabled_users_have_none(self, app):
        user = make_user()
        started = services.start_session(user)
        user.is_disabled = True
        assert queries.find_session(started.token) is None


class TestVerification:
    def test_link_verifies_and_may_be_opened_again(self, mails):
        user = services.sign_up("a@example.test", NEW)
        token = token_in(mails[0])
        assert services.verify_email(token) is user
        assert user.is_verified
        assert services.verify_email(token) is user

    def test_newer_link_replaces_the_older(self, mails):
        user = services.sign_up("a@example.test", NEW)
        services.resend_verification(user, IP)
        with pytest.raises(TokenInvalid):
            services.verify_email(token_in(mails[0]))
        assert services.verify_email(token_in(mails[1])) is user

    def test_link_for_an_earlier_address(self, mails):
        user = services.sign_up("a@example.test", NEW)
        user.email = "b@example.test"
        with pytest.raises(TokenInvalid):
            services.verify_email(token_in(mails[0]))

    @pytest.mark.parametrize("token", ["", "forged", "x" * 43])
    def test_forged(self, app, token):
        with pytest.raises(TokenInvalid):
            services.verify_email(token)

    def test_too_old(self, mails):
        services.sign_up("a@example.test", NEW)
        with frozen(utcnow() + policies.VERIFY_LIFE + timedelta(seconds=1)):
            with pytest.raises(TokenInvalid):
                services.verify_email(token_in(mails[0]))

    def test_required_before_some_acts(self, app):
        services.require_verified(make_user().id)
        with pytest.raises(NotVerified):
            services.require_verified(make_user(email_verified_at=None).id)


class TestReset:
    def test_new_password_ends_what_the_old_one_opened(self, mails):
        user = make_user("a@example.test")
        session = services.start_session(user)
        tokens = services.issue_tokens(user)
        services.request_reset("A@Example.test", IP)
        services.reset_password(token_in(mails[0]), NEW)
        assert services.authenticate("a@example.test", NEW, IP) is user
        with pytest.raises(InvalidCredentials):
            services.authenticate("a@example.test", PASSWORD, IP)
        assert queries.find_session(session.token) is None
        assert services.find_bearer(tokens.access_token) is None
        assert mails[-1].purpose == "password_changed"

    def test_works_once(self, mails):
        make_user("a@example.test")
        services.request_reset("a@example.test", IP)
        services.reset_password(token_in(mails[0]), NEW)
        with pytest.raises(TokenInvalid):
            services.reset_password(token_in(mails[0]), NEW + " again")

    def test_sixty_minutes(self, mails):
        make_user("a@example.test")
        services.request_reset("a@example.test", IP)
        with frozen(utcnow() + timedelta(minutes=60, seconds=1)):
            with pytest.raises(TokenInvalid):
                services.reset_password(token_in(mails[0]), NEW)

    def test_verify_link_is_no_reset_link(self, mails):
        services.sign_up("a@example.test", NEW)
        with pytest.raises(TokenInvalid):
            services.reset_password(token_in(mails[0]), NEW + " again")

    def test_unknown_address_gets_no_mail_and_no_error(self, mails):
        services.request_reset("nobody@example.test", IP)
        assert mails == []
        assert db.session.scalar(sa.select(sa.func.count(UserToken.id))) == 0

    def test_one_mail_a_minute(self, mails):
        make_user("a@example.test")
        services.request_reset("a@example.test", IP)
        services.request_reset("a@example.test", IP)
        assert len(mails) == 1
        with frozen(utcnow() + timedelta(seconds=61)):
            services.request_reset("a@example.test", IP)
        assert len(mails) == 2

    def test_only_the_hash_is_stored(self, mails):
        make_user("a@example.test")
        services.request_reset("a@example.test", IP)
        row = db.session.scalars(sa.select(UserToken)).one()
        assert token_in(mails[0]) != row.token_hash

    def test_reading_the_mail_proves_the_address(self, mails):
        user = make_user("a@example.test", email_verified_at=None)
        services.request_reset("a@example.test", IP)
        services.reset_password(token_in(mails[0]), NEW)
        assert user.is_verified


class TestChangePassword:
    def test_keeps_this_session_and_ends_the_others(self, mails):
        user = make_user()
        here, there = services.start_session(user), services.start_session(user)
        services.change_password(user, current=PASSWORD, new=NEW, ip=IP, keep_session_id=here.id)
        assert queries.find_session(here.token)
        assert queries.find_session(there.token) is None

    def test_asks_for_the_old_one(self, app):
        user = make_user()
        with pytest.raises(Invalid) as caught:
            services.change_password(user, current="wrong", new=NEW, ip=IP)
        assert list(caught.value.errors) == ["password_current"]

    def test_ends_an_open_reset_link(self, mails):
        user = make_user("a@example.test")
        services.request_reset("a@example.test", IP)
        services.change_password(user, current=PASSWORD, new=NEW, ip=IP)
        with pytest.raises(TokenInvalid):
            services.reset_password(token_in(mails[0]), NEW + " again")


def test_admins_are_made_and_unmade(app):
    user = make_user("a@example.test")
    services.grant_admin("A@example.test")
    assert user.is_installation_admin
    services.grant_admin("a@example.test", granted=False)
    assert not user.is_installation_admin
    with pytest.raises(NotFound):
        services.grant_admin("nobody@example.test")


def test_expired_rows_are_forgotten(app):
    user = make_user()
    services.start_session(user)
    live = services.issue_tokens(user)
    with frozen(utcnow() + timedelta(days=40)):
        services.forget_expired(before=utcnow())
    assert db.session.scalar(sa.select(sa.func.count(UserSession.id))) == 0
    assert services.find_bearer(live.access_token) is None
    assert db.session.get(User, user.id) is user
