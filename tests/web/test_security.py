"""Headers of every answer, errors included."""

import pytest
from bs4 import BeautifulSoup

from app.web.security import mail_body_policy, policy_text


@pytest.mark.parametrize("path", ["/styleguide", "/styleguide/errors/404", "/nowhere", "/healthz"])
def test_headers_are_on_every_answer(client, path):
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_only_the_import_map_is_inline_and_carries_the_nonce(client):
    response = client.get("/styleguide")
    scripts = BeautifulSoup(response.text, "html.parser").select("script:not([src])")
    assert [script["type"] for script in scripts] == ["importmap"]
    assert f"'nonce-{scripts[0]['nonce']}'" in response.headers["Content-Security-Policy"]


def test_the_nonce_differs_each_time(client):
    policies = {client.get("/styleguide").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_pages_are_not_stored(client):
    assert client.get("/styleguide").headers["Cache-Control"] == "no-store"


def test_https_installations_say_so_for_a_year(app, client):
    app.config["PUBLIC_URL"] = "https://parakeet.example"
    try:
        headers = client.get("/styleguide/public").headers
    finally:
        app.config["PUBLIC_URL"] = "http://localhost"
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in client.get("/styleguide/public").headers


def test_a_mail_body_may_style_itself_and_nothing_else(app):
    with app.test_request_context("/"):
        policy = mail_body_policy(app.response_class("")).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups" in policy


def test_policy_text_replaces_one_directive():
    assert "img-src 'self' https://i.example;" in policy_text(
        {"img-src": "'self' https://i.example"}
    )
