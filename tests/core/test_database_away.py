"""The database is away: both doors say so calmly, and that the same request may be made again."""

import pytest


@pytest.fixture
def stranded(build_app):
    """An installation whose database nobody answers at."""
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    return build_app(ENV="test", SQLALCHEMY_DATABASE_URI=nowhere).test_client()


def test_pages_say_it(stranded):
    answer = stranded.get("/invitations/any-token")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Back in a moment" in answer.text


def test_htmx_gets_a_toast(stranded):
    answer = stranded.get("/invitations/any-token", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Reswap"]) == (503, "none")
    assert "briefly unavailable" in answer.text


def test_the_json_door_says_it(stranded):
    answer = stranded.get("/api/account", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 503
    assert answer.get_json() == {"message": "Service Unavailable"}
    assert answer.headers["Retry-After"] == "5"


def test_the_process_lives_and_is_not_ready(stranded):
    assert stranded.get("/healthz").status_code == 200
    ready = stranded.get("/readyz")
    assert ready.status_code == 503
    assert ready.get_json()["database"] is False
