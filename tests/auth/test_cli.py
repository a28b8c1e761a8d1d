"""Commands of whoever runs the installation."""

import re

from app.auth import queries, services
from app.core.db import db
from tests.factories import make_user
from tests.factories.people import PASSWORD


def test_grant_and_revoke(app):
    make_user("a@example.test")
    db.session.commit()
    runner = app.test_cli_runner()
    assert runner.invoke(args=["admin", "grant", "A@example.test"]).exit_code == 0
    assert queries.find_user("a@example.test").is_installation_admin
    runner.invoke(args=["admin", "revoke", "a@example.test"])
    assert not queries.find_user("a@example.test").is_installation_admin


def test_grant_to_nobody(app):
    result = app.test_cli_runner().invoke(args=["admin", "grant", "nobody@example.test"])
    assert result.exit_code == 1
    assert "Nobody signed up as nobody@example.test." in result.output


def test_disable_ends_everything_at_once(app, page):
    user = make_user("a@example.test")
    theirs = page.as_(user)
    tokens = services.issue_tokens(user)
    theirs.get("/profile")
    runner = app.test_cli_runner()
    runner.invoke(args=["admin", "disable", "a@example.test"])
    assert theirs.client.get("/profile").status_code == 302
    assert services.find_bearer(tokens.access_token) is None
    runner.invoke(args=["admin", "enable", "a@example.test"])
    assert services.authenticate("a@example.test", PASSWORD, "192.0.2.1").id == user.id
    assert theirs.client.get("/profile").status_code == 302


def test_client_is_printed_once_and_works(app):
    result = app.test_cli_runner().invoke(args=["oauth", "client", "React client"])
    client_id, secret = re.findall(r": (\S+)", result.output)
    assert services.authenticate_client(int(client_id), secret).name == "React client"
