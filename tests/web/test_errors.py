"""Error pages and toasts: every status says what happened, what is safe, what to do."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask_login import LoginManager

from app import web
from app.web.errors import TEXTS

PAGES = [status for status in TEXTS if status != 401]


@pytest.mark.parametrize("status", PAGES)
def test_each_status_has_a_page(client, status):
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    response = client.get(f"/styleguide/errors/{status}")
    text = BeautifulSoup(response.text, "html.parser").get_text(" ")
    assert response.status_code == status
    assert TEXTS[status].title in text
    assert TEXTS[status].safe in text
    assert TEXTS[status].todo in text


@pytest.mark.parametrize("status", PAGES)
def test_htmx_gets_a_toast_and_no_swap(client, status):
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    response = client.get(f"/styleguide/errors/{status}", headers={"HX-Request": "true"})
    assert response.status_code == status
    assert response.headers["HX-Reswap"] == "none"
    assert 'id="toasts"' in response.text
    assert "toast--negative" in response.text
    assert "<html" not in response.text


def test_signed_out_people_are_sent_to_sign_in_and_back(client):
    response = client.get("/styleguide/errors/401?a=1")
    assert response.status_code == 302
    assert response.location == "/auth/login?next=%2Fstyleguide%2Ferrors%2F401%3Fa%3D1"


def test_signed_out_htmx_loads_the_sign_in_page(client):
    response = client.get("/styleguide/errors/401", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/auth/login"


def test_a_signed_out_write_gets_a_page(client):
    """It cannot be sent again after the sign-in, so nobody is sent on and left to believe it was."""
    data = {"name": "Ann", "csrf_token": token_of(client)}
    response = client.post("/profile/name", data=data)
    page = BeautifulSoup(response.text, "html.parser")
    assert response.status_code == 401
    for words in (TEXTS[401].title, TEXTS[401].happened, TEXTS[401].safe, TEXTS[401].todo):
        assert words in page.get_text(" ")
    assert page.find("a", string="Sign in")["href"] == "/auth/login"


def test_a_wrong_method_names_the_right_one(client):
    response = client.post("/campaigns", headers={"X-CSRFToken": token_of(client)})
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_too_many_says_when_to_come_back(client):
    assert client.get("/styleguide/errors/429").headers["Retry-After"] == "30"


def test_invalid_without_a_form_names_the_fault(client):
    assert "Please fill this in." in client.get("/styleguide/errors/422").text


def test_an_unknown_page_is_404_and_escapes_nothing_of_the_url(client):
    response = client.get("/<script>alert(1)</script>")
    assert response.status_code == 404
    assert "alert(1)" not in response.text


def token_of(client):
    soup = BeautifulSoup(client.get("/styleguide/public").text, "html.parser")
    return soup.find("input", {"name": "csrf_token"})["value"]


def test_the_page_needs_no_database(app):
    """When the database is what broke, neither the reader nor the menu can be asked for."""
    bare = Flask("bare", template_folder=app.template_folder, static_folder=app.static_folder)
    bare.config.update(SECRET_KEY="x" * 32, ENV="test", PROPAGATE_EXCEPTIONS=False)
    LoginManager(bare).user_loader(lambda _token: 1 / 0)
    bare.context_processor(lambda: {"broken": 1 / 0})
    web.init_app(bare)
    client = bare.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = "anyone"
    response = client.get("/w/acme/nowhere")
    assert response.status_code == 404
    assert TEXTS[404].title in response.text
    response = client.get("/campaigns")
    assert response.status_code == 500
    assert TEXTS[500].safe in response.text
