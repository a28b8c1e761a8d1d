"""Tokens and people through the JSON door, with the answers a Laravel client expects."""

import pytest
import sqlalchemy as sa

from app.auth.services import create_client
from app.core.db import db
from app.core.settings import settings
from app.models import OAuthToken
from tests.factories.people import PASSWORD


@pytest.fixture
def tokens(client, cast):
    """What Alice gets when she logs in."""
    db.session.commit()
    answer = client.post("/api/auth/login", json={"email": "alice@acme.test", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def bearer(tokens: dict) -> dict:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_login(tokens, cast):
    assert set(tokens) == {
        *("access_token", "token_type", "expires_in", "expires_at", "refresh_token", "user"),
    }
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert tokens["expires_at"].endswith("Z")
    assert tokens["user"]["email"] == "alice@acme.test"
    assert "password" not in str(tokens["user"]).lower()


def test_wrong_credentials(client, cast):
    answer = client.post("/api/auth/login", json={"email": "alice@acme.test", "password": "nope"})
    assert answer.status_code == 401
    assert answer.get_json() == {"message": "Invalid credentials. Please try again."}


def test_empty_login_is_refused_in_laravels_words(client, cast):
    answer = client.post("/api/auth/login", data="{broken", content_type="application/json")
    assert answer.status_code == 422
    assert answer.get_json() == {
        "message": "The email field is required. (and 1 more error)",
        "errors": {
            "email": ["The email field is required."],
            "password": ["The password field is required."],
        },
    }


def test_register_says_what_is_wrong(client, app):
    answer = client.post("/api/auth/register", json={"email": "nope", "password": "x" * 300})
    assert answer.get_json()["errors"] == {
        "email": ["The email field must be a valid email address."],
        "password": ["The password field must not be greater than 256 characters."],
    }


def test_the_person(client, tokens):
    answer = client.get("/api/auth/user", headers=bearer(tokens))
    assert answer.get_json()["data"]["email"] == "alice@acme.test"
    assert answer.headers["Cache-Control"] == "no-store"


def test_nobody(client, app):
    answer = client.get("/api/auth/user", headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert answer.get_json() == {"message": "Unauthenticated."}


def test_a_made_up_token(client, cast):
    answer = client.get("/api/auth/user", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401


def test_logout_ends_the_token(client, tokens):
    assert client.post("/api/auth/logout", headers=bearer(tokens)).status_code == 204
    assert client.get("/api/auth/user", headers=bearer(tokens)).status_code == 401


def test_refresh_rotates(client, tokens):
    answer = client.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    renewed = answer.get_json()
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert client.get("/api/auth/user", headers=bearer(tokens)).status_code == 401
    assert client.get("/api/auth/user", headers=bearer(renewed)).status_code == 200


def test_a_page_session_needs_the_csrf_header(client, login, cast):
    login(client, cast.alice)
    answer = client.get("/api/auth/user")
    assert answer.status_code == 419
    assert answer.get_json() == {"message": "CSRF token mismatch."}


def test_confirmation_that_differs_is_reported_on_the_password(client, tokens):
    given = {
        "password_current": PASSWORD,
        "password": "another-horse-battery",
        "password_confirmation": "something else",
    }
    answer = client.put("/api/auth/user/password", json=given, headers=bearer(tokens))
    assert answer.get_json()["errors"] == {
        "password": ["The password field confirmation does not match."]
    }


def test_method_override(client, tokens):
    answer = client.post(
        "/api/auth/user", data={"_method": "PUT", "name": " Ada "}, headers=bearer(tokens)
    )
    assert answer.status_code == 200
    assert answer.get_json()["data"]["name"] == "Ada"
    by_header = client.post(
        "/api/auth/user",
        json={"name": "Grace"},
        headers={**bearer(tokens), "X-HTTP-Method-Override": "PUT"},
    )
    assert by_header.get_json()["data"]["name"] == "Grace"


def test_only_writes_can_be_overridden(client, tokens):
    answer = client.post("/api/auth/user", data={"_method": "GET"}, headers=bearer(tokens))
    assert answer.status_code == 405


def test_unknown_route_and_wrong_method(client, app):
    assert client.get("/api/nothing/here").get_json() == {
        "message": "The route api/nothing/here could not be found."
    }
    answer = client.delete("/api/auth/login")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert answer.get_json()["message"] == (
        "The DELETE method is not supported for route api/auth/login. Supported methods: POST."
    )


class TestPassport:
    """`POST /oauth/token`."""

    @pytest.fixture
    def credentials(self, cast):
        client, secret = create_client("React")
        db.session.commit()
        return {"client_id": str(client.id), "client_secret": secret}

    def ask(self, client, **data):
        return client.post("/oauth/token", data=data)

    def test_password_grant(self, client, credentials):
        given = {"grant_type": "password", "username": "alice@acme.test", "password": PASSWORD}
        answer = self.ask(client, **credentials, **given)
        assert answer.status_code == 200, answer.text
        body = answer.get_json()
        assert set(body) == {"token_type", "expires_in", "access_token", "refresh_token"}
        assert isinstance(body["expires_in"], int)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Pragma"] == "no-cache"
        as_json = client.post("/oauth/token", json={**credentials, **given})
        assert as_json.status_code == 200

    def test_wrong_password(self, client, credentials):
        given = {"grant_type": "password", "username": "alice@acme.test", "password": "nope"}
        answer = self.ask(client, **credentials, **given)
        assert answer.status_code == 400
        words = "The user credentials were incorrect."
        assert answer.get_json() == {
            "error": "invalid_grant",
            "error_description": words,
            "message": words,
        }

    def test_wrong_client(self, client, credentials):
        given = {"grant_type": "password", "username": "a", "password": "b"}
        answer = self.ask(client, client_id=credentials["client_id"], client_secret="x", **given)
        assert answer.status_code == 401
        assert answer.get_json()["error"] == "invalid_client"

    def test_missing_parameter(self, client, credentials):
        answer = self.ask(client, **credentials, grant_type="password", password="x")
        assert answer.status_code == 400
        assert answer.get_json()["hint"] == "Check the `username` parameter"

    def test_unknown_grant(self, client, credentials):
        answer = self.ask(client, **credentials, grant_type="magic")
        assert answer.status_code == 400
        assert answer.get_json()["error"] == "unsupported_grant_type"

    @pytest.mark.parametrize(
        ("scope", "named"),
        [
            ("evil", "evil"),
            ("* campaigns.view", "campaigns.view"),
            (["x"], "x"),
            ({"a": "y"}, "y"),
            (7, "7"),
        ],
    )
    def test_unknown_scope(self, client, credentials, cast, scope, named):
        given = {"grant_type": "password", "username": "alice@acme.test", "password": PASSWORD}
        first = client.post("/oauth/token", json={**credentials, **given}).get_json()
        trade = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        words = "The requested scope is invalid, unknown, or malformed"
        for body in (given, trade, {**given, "password": "nope"}):
            answer = client.post("/oauth/token", json={**credentials, **body, "scope": scope})
            assert answer.status_code == 400
            assert answer.get_json() == {
                "error": "invalid_scope",
                "error_description": words,
                "hint": f"Check the `{named}` scope",
                "message": words,
            }
        assert client.post("/oauth/token", json={**credentials, **trade}).status_code == 200

    def test_a_wrong_client_learns_nothing_of_scopes(self, client, credentials):
        given = {"grant_type": "password", "username": "a", "password": "b", "scope": "evil"}
        answer = self.ask(client, client_id=credentials["client_id"], client_secret="x", **given)
        assert answer.get_json()["error"] == "invalid_client"

    @pytest.mark.parametrize("scope", ["*", "", " ", None, []])
    def test_everything_is_the_scope_there_is(self, client, credentials, scope):
        given = {"grant_type": "password", "username": "alice@acme.test", "password": PASSWORD}
        answer = client.post("/oauth/token", json={**credentials, **given, "scope": scope})
        assert answer.status_code == 200, answer.text

    @pytest.mark.committed
    def test_reuse_of_a_refresh_token_ends_the_family(self, client, credentials):
        given = {"grant_type": "password", "username": "alice@acme.test", "password": PASSWORD}
        first = self.ask(client, **credentials, **given).get_json()
        trade = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        second = self.ask(client, **credentials, **trade).get_json()
        stolen = self.ask(client, **credentials, **trade)
        assert stolen.status_code == 401
        assert stolen.get_json()["error"] == "invalid_request"
        assert stolen.get_json()["hint"] == "Token has been revoked"
        assert client.get("/api/auth/user", headers=bearer(second)).status_code == 401

    def test_tokens_are_stored_as_hashes(self, client, credentials):
        given = {"grant_type": "password", "username": "alice@acme.test", "password": PASSWORD}
        body = self.ask(client, **credentials, **given).get_json()
        stored = db.session.execute(sa.select(OAuthToken.access_hash, OAuthToken.refresh_hash))
        assert not {body["access_token"], body["refresh_token"]} & {
            v for row in stored for v in row
        }


class TestThrottle:
    """60 calls a minute; open when Redis is away."""

    def test_headers_and_refusal(self, app, client, tokens, redis):
        app.config["API_RATE_PER_MINUTE"] = 2
        app.extensions.pop("api_limiter", None)
        try:
            first = client.get("/api/auth/user", headers=bearer(tokens))
            assert first.headers["X-RateLimit-Limit"] == "2"
            assert first.headers["X-RateLimit-Remaining"] == "1"
            client.get("/api/auth/user", headers=bearer(tokens))
            refused = client.get("/api/auth/user", headers=bearer(tokens))
        finally:
            app.config["API_RATE_PER_MINUTE"] = 60
        assert refused.status_code == 429
        assert refused.get_json() == {"message": "Too Many Attempts."}
        assert int(refused.headers["Retry-After"]) > 0
        assert int(refused.headers["X-RateLimit-Reset"]) > 0

    def test_open_without_redis(self, app, client, tokens):
        before = app.config["REDIS_URL"]
        app.config["REDIS_URL"] = "redis://127.0.0.1:1/0"
        app.extensions.pop("api_limiter", None)
        try:
            assert client.get("/api/auth/user", headers=bearer(tokens)).status_code == 200
        finally:
            app.config["REDIS_URL"] = before
            app.extensions.pop("api_limiter", None)


class TestCors:
    """An allow-list of origins, never a star."""

    @pytest.fixture(autouse=True)
    def origins(self, app):
        app.config["CORS_ORIGINS"] = ["https://app.example.test"]
        yield
        app.config["CORS_ORIGINS"] = []

    def test_preflight(self, client):
        headers = {"Origin": "https://app.example.test"}
        answer = client.options("/api/auth/login", headers=headers)
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.test"
        assert "Origin" in answer.headers["Vary"]

    def test_strange_origins_get_nothing(self, client):
        answer = client.options("/api/auth/login", headers={"Origin": "https://evil.test"})
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_workspaces(client, tokens, cast):
    answer = client.get("/api/workspace", headers=bearer(tokens))
    [acme] = answer.get_json()["data"]
    assert acme["slug"] == "acme"
    assert acme["role"] == "owner"
    foreign = client.get(f"/api/workspace/{cast.other.id}", headers=bearer(tokens))
    assert foreign.status_code == 404
    assert foreign.get_json() == {"message": "Not found."}


def test_refusals_come_in_order(client, cast, login):
    """404 before 403 before 422."""
    db.session.commit()
    answer = client.post("/api/auth/login", json={"email": "vera@acme.test", "password": PASSWORD})
    vera = bearer(answer.get_json())
    assert client.put(f"/api/workspace/{cast.other.id}", json={}, headers=vera).status_code == 404
    assert client.put(f"/api/workspace/{cast.acme.id}", json={}, headers=vera).status_code == 403
    answer = client.post("/api/auth/login", json={"email": "alice@acme.test", "password": PASSWORD})
    alice = bearer(answer.get_json())
    assert client.put(f"/api/workspace/{cast.acme.id}", json={}, headers=alice).status_code == 422


def test_the_document_describes_every_endpoint(client, app):
    document = client.get("/api/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    assert "post" in document["paths"]["/api/auth/login"]
    assert "post" in document["paths"]["/oauth/token"]
    assert document["servers"] == [{"url": settings.public_url}]
    assert client.get("/api/docs").status_code == 200


@pytest.mark.parametrize(
    ("path", "more"),
    [("register", {"email": "nina@example.test"}), ("reset-password", {"token": "x"})],
)
def test_a_short_password_is_refused_in_laravels_words(client, app, path, more):
    given = {**more, "password": "short", "password_confirmation": "short"}
    answer = client.post(f"/api/auth/{path}", json=given)
    said = "The password field must be at least 12 characters."
    assert answer.get_json() == {"message": said, "errors": {"password": [said]}}


def test_a_short_password_that_is_not_confirmed_breaks_two_rules(client, tokens):
    given = {"password_current": PASSWORD, "password": "short", "password_confirmation": "shor"}
    answer = client.put("/api/auth/user/password", json=given, headers=bearer(tokens))
    short = "The password field must be at least 12 characters."
    assert answer.get_json() == {
        "message": f"{short} (and 1 more error)",
        "errors": {"password": [short, "The password field confirmation does not match."]},
    }
