"""Pages of identity."""

import re

import pytest
import sqlalchemy as sa

from app.auth import queries, services
from app.core import jobs
from app.core.db import db
from app.core.rq import Dispatcher
from app.core.settings import settings
from app.models import SystemMail, User, UserSession
from tests.factories import make_user
from tests.factories.people import PASSWORD

NEW = "tangled otter harbour"


def link_in(mail):
    """The path of the link in a mail."""
    return re.search(r"http://localhost(/auth/\S+)", mail.body_text)[1]


def cookie_token(page):
    """The session token in the browser's cookie."""
    with page.client.session_transaction() as cookie:
        return cookie.get("_user_id")


class TestSignUp:
    def test_works(self, page, mails):
        assert "strength" in str(page.get("/signup").soup)
        answer = page.post("/signup", {"email": "Nina@example.test", "password": NEW})
        assert answer.location == "/"
        assert page.client.get("/").location.endswith("/workspaces/new")
        page.get("/workspaces/new")
        made = page.post("/workspaces", {"name": "Nina & Co", "time_zone": "Europe/Berlin"})
        assert made.location == "/w/nina-co/dashboard"
        assert "Verify your email address" in page.get(made.location).text
        assert mails[0].to_email == "nina@example.test"

    def test_the_mail_is_a_row_of_the_same_transaction(self, page, app):
        page.post("/signup", {"email": "nina@example.test", "password": NEW})
        mail = db.session.scalars(sa.select(SystemMail)).one()
        assert (mail.to_email, mail.purpose) == ("nina@example.test", "verify")
        assert "/auth/verify/" in mail.body_text
        page.client.post("/auth/logout")
        page.post("/signup", {"email": "x@example.test", "password": "short"}, 422)
        assert len(db.session.scalars(sa.select(SystemMail)).all()) == 1

    def test_errors_stand_beside_their_fields(self, page, app):
        answer = page.post("/signup", {"email": "nope", "password": "short"}, 422)
        assert "valid email address" in answer.text
        answer = page.post("/signup", {"email": "a@example.test", "password": "short"}, 422)
        assert "at least 12" in answer.find("#f-password-error").get_text()
        assert answer.find("#f-email")["value"] == "a@example.test"
        assert "value" not in answer.find("#f-password").attrs
        assert db.session.scalar(sa.select(sa.func.count(User.id))) == 0

    def test_taken(self, page, app):
        make_user("a@example.test")
        answer = page.post("/signup", {"email": "A@example.test", "password": NEW}, 422)
        assert "already been taken" in answer.text

    def test_nobody_signs_themselves_up_as_admin(self, page, app):
        make_user()
        extra = {"is_installation_admin": "1", "email_verified_at": "2026-01-01", "id": "7"}
        page.post("/signup", {"email": "a@example.test", "password": NEW, **extra})
        user = queries.find_user("a@example.test")
        assert (user.is_installation_admin, user.is_verified) == (False, False)


class TestLogin:
    def test_works_and_goes_on(self, page, cast):
        page.get("/auth/login?next=/w/acme/dashboard")
        data = {"email": "ALICE@acme.test ", "password": PASSWORD, "next": "/w/acme/dashboard?x=1"}
        assert page.post("/auth/login", data).location == "/w/acme/dashboard?x=1"
        page.get("/w/acme/dashboard")
        assert page.client.get("/auth/login").location == "/"

    @pytest.mark.parametrize(
        "target", ["https://evil.test", "//evil.test", "/\\evil.test", "/auth/logout"]
    )
    def test_never_goes_elsewhere(self, page, cast, target):
        data = {"email": "alice@acme.test", "password": PASSWORD, "next": target}
        assert page.post("/auth/login", data).location == "/"
        assert "evil" not in page.client.get(f"/auth/login?next={target}").text

    def test_wrong_and_unknown_get_the_same_page(self, page, cast):
        def refused(email):
            data = {"email": email, "password": "wrong"}
            answer = page.post("/auth/login", data, 422)
            assert "Invalid credentials. Please try again." in answer.text
            return str(answer.soup).replace(email, "")

        assert strip_tokens(refused("alice@acme.test")) == strip_tokens(refused("who@acme.test"))

    def test_empty_fields(self, page, app):
        assert "Invalid credentials" in page.post("/auth/login", {}, 422).text

    def test_throttled(self, page, cast):
        data = {"email": "alice@acme.test", "password": "wrong"}
        for _ in range(5):
            page.post("/auth/login", data, 422)
        answer = page.post("/auth/login", {**data, "password": PASSWORD}, 429)
        assert 0 < int(answer.response.headers["Retry-After"]) <= 60
        assert "Please try again in" in answer.text
        assert cookie_token(page) is None

    def test_a_new_session_at_every_sign_in(self, page, cast):
        """Fixation: what was in the cookie before is worth nothing after."""
        planted = services.start_session(cast.charlie)
        db.session.commit()
        with page.client.session_transaction() as cookie:
            cookie["_user_id"] = planted.token
            cookie["csrf_token"] = "planted"
        page.post("/auth/login", {"email": "alice@acme.test", "password": PASSWORD})
        first = cookie_token(page)
        assert first != planted.token
        assert queries.find_session(planted.token) is None
        with page.client.session_transaction() as cookie:
            assert cookie.get("csrf_token") != "planted"
        page.post("/auth/login", {"email": "alice@acme.test", "password": PASSWORD})
        assert cookie_token(page) != first

    def test_cookie_holds_no_user_id(self, page, cast):
        page.post("/auth/login", {"email": "alice@acme.test", "password": PASSWORD})
        with page.client.session_transaction() as cookie:
            cookie["_user_id"] = str(cast.bob.id)
        assert page.client.get("/profile").status_code == 302

    def test_remember_me(self, page, cast):
        data = {"email": "alice@acme.test", "password": PASSWORD}
        plain = page.post("/auth/login", data).response.headers["Set-Cookie"]
        assert "Expires" not in plain
        assert "HttpOnly" in plain
        assert "SameSite=Lax" in plain
        kept = page.post("/auth/login", {**data, "remember": "1"}).response.headers["Set-Cookie"]
        assert "Expires" in kept

    def test_needs_the_token_of_the_form(self, client, cast):
        data = {"email": "alice@acme.test", "password": PASSWORD}
        assert client.post("/auth/login", data=data).status_code == 403


class TestLogout:
    def test_ends_the_session_in_the_database(self, page, cast):
        alice = page.as_(cast.alice)
        token = cookie_token(alice)
        assert alice.post("/auth/logout").location == "/auth/login"
        assert queries.find_session(token) is None
        with alice.client.session_transaction() as cookie:
            cookie["_user_id"] = token
        assert alice.client.get("/profile").status_code == 302

    def test_by_a_stranger(self, page, app):
        page.post("/auth/logout")


class TestVerify:
    def test_opening_the_link_changes_nothing(self, page, mails):
        user = services.sign_up("a@example.test", NEW)
        db.session.commit()
        for _ in range(3):
            page.get(link_in(mails[0]))
        assert not queries.is_verified(user.id)
        page.post(link_in(mails[0]))
        assert queries.is_verified(user.id)
        assert "verified" in page.get(link_in(mails[0])).text

    def test_forged(self, page, app):
        assert "no longer works" in page.get("/auth/verify/forged", 404).text
        page.post("/auth/verify/forged", status=404)

    def test_sent_again_at_most_three_times_an_hour(self, page, mails, cast):
        newcomer = make_user(email_verified_at=None)
        theirs = page.as_(newcomer)
        for _ in range(3):
            theirs.post("/auth/verify/resend")
        theirs.post("/auth/verify/resend", status=429)
        assert len(mails) == 3


class TestForgot:
    def test_same_answer_for_known_and_unknown(self, page, cast, mails):
        def ask(email):
            answer = page.post("/auth/forgot-password", {"email": email})
            assert answer.location == "/auth/forgot-password"
            after = page.get("/auth/forgot-password")
            assert "Check your inbox" in after.text
            assert after.find("#f-email").has_attr("disabled")
            assert after.find("form button[type=submit]").has_attr("disabled")
            return strip_tokens(str(after.soup).replace(email, ""))

        assert ask("alice@acme.test") == ask("nobody@acme.test")
        assert [m.to_email for m in mails] == ["alice@acme.test"]
        assert "Send Password Reset Link" in page.get("/auth/forgot-password").text

    def test_whole_way(self, page, cast, mails):
        elsewhere = page.as_(cast.alice)
        page.post("/auth/forgot-password", {"email": "alice@acme.test"})
        url = link_in(mails[0])
        assert page.get(url).find("#f-email")["value"] == "alice@acme.test"
        different = {"password": NEW, "password_confirmation": NEW + "!"}
        assert "not the same" in page.post(url, different, 422).text
        weak = {"password": "password1234", "password_confirmation": "password1234"}
        assert "easy to guess" in page.post(url, weak, 422).text
        right = {"password": NEW, "password_confirmation": NEW}
        assert page.post(url, right).location == "/auth/login"
        assert "Password changed successfully." in page.get("/auth/login").text
        assert elsewhere.client.get("/profile").status_code == 302
        page.get(url, 404)
        page.post(url, right, 404)
        page.post("/auth/login", {"email": "alice@acme.test", "password": NEW})

    def test_forged(self, page, app):
        page.get("/auth/forgot-password/forged", 404)
        both = {"password": NEW, "password_confirmation": NEW}
        page.post("/auth/forgot-password/forged", both, 404)

    def test_throttled(self, page, app):
        for number in range(5):
            page.post("/auth/forgot-password", {"email": f"u{number}@example.test"})
        answer = page.post("/auth/forgot-password", {"email": "u9@example.test"}, 429)
        assert int(answer.response.headers["Retry-After"]) > 0


class TestProfile:
    def test_works_for_every_role(self, page, cast):
        for person in (cast.alice, cast.bob, cast.vera, cast.charlie):
            assert person.email in str(page.as_(person).get("/profile").soup)

    def test_needs_sign_in(self, client, app):
        assert "/auth/login?next=%2Fprofile" in client.get("/profile").location

    def test_name(self, page, cast):
        page.as_(cast.alice).post("/profile/name", {"name": "  Alice <b>  "})
        assert db.session.get(User, cast.alice.id).name == "Alice <b>"
        assert "<b>" not in page.as_(cast.alice).client.get("/profile").text
        page.as_(cast.alice).post("/profile/name", {"name": "x" * 121}, 422)

    def test_password_ends_the_other_sessions(self, page, cast):
        here, there = page.as_(cast.alice), page.as_(cast.alice)
        data = {"password_current": PASSWORD, "password": NEW, "password_confirmation": NEW}
        here.post("/profile/password", data)
        here.get("/profile")
        assert there.client.get("/profile").status_code == 302

    def test_password_wrong(self, page, cast):
        data = {"password_current": "no", "password": NEW, "password_confirmation": NEW}
        answer = page.as_(cast.alice).post("/profile/password", data, 422)
        assert "not your current password" in answer.text

    def test_a_session_is_listed_and_revoked(self, page, cast):
        here, there = page.as_(cast.alice), page.as_(cast.alice)
        listed = here.get("/profile").soup.select("[action*='/profile/sessions/'][action$=revoke]")
        here.post(listed[0]["action"])
        assert there.client.get("/profile").status_code == 302
        here.get("/profile")

    def test_sessions_of_others_do_not_exist(self, page, cast):
        page.as_(cast.bob)
        theirs = db.session.scalar(
            sa.select(UserSession.id).where(UserSession.user_id == cast.bob.id)
        )
        page.as_(cast.alice).post(f"/profile/sessions/{theirs}/revoke", status=404)

    def test_everywhere_else(self, page, cast):
        here, there = page.as_(cast.alice), page.as_(cast.alice)
        here.post("/profile/sessions/revoke")
        assert there.client.get("/profile").status_code == 302
        here.get("/profile")


def strip_tokens(html):
    """A page without what differs on every answer."""
    return re.sub(r'(value|nonce|X-CSRFToken|content)[=:"\' ]+[\w.\-]{20,}', "", html)


@pytest.fixture
def no_redis(app, rings):
    """Rings go to the real dispatcher, and Redis does not answer."""
    kept, settings.redis_url = settings.redis_url, "redis://127.0.0.1:1/0"
    jobs.use_dispatcher(Dispatcher())
    yield
    settings.redis_url = kept


@pytest.mark.committed
def test_sign_in_and_its_limit_hold_while_redis_is_down(page, cast, no_redis):
    db.session.commit()
    page.post("/auth/login", {"email": "alice@acme.test", "password": PASSWORD})
    page.get("/w/acme/dashboard")
    page.post("/auth/forgot-password", {"email": "bob@acme.test"})
    for _ in range(5):
        page.post("/auth/login", {"email": "bob@acme.test", "password": "wrong"}, 422)
    page.post("/auth/login", {"email": "bob@acme.test", "password": PASSWORD}, 429)
