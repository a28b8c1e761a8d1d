"""Writes need our token and must not come from another site."""

import pytest
from bs4 import BeautifulSoup


@pytest.fixture
def token(client):
    soup = BeautifulSoup(client.get("/styleguide/public").text, "html.parser")
    return soup.find("input", {"name": "csrf_token"})["value"]


def test_the_hidden_field_is_enough(client, token):
    response = client.post("/styleguide/toast", data={"csrf_token": token})
    assert response.status_code == 303


def test_the_header_is_enough(client, token):
    response = client.post(
        "/styleguide/toast", headers={"X-CSRFToken": token, "HX-Request": "true"}
    )
    assert response.status_code == 200


@pytest.mark.parametrize("given", [None, "", "nonsense"])
def test_without_a_good_token_nothing_happens(client, token, given):
    data = {} if given is None else {"csrf_token": given}
    response = client.post("/styleguide/toast", data=data)
    assert response.status_code == 403
    assert "Nothing was changed." in response.text


def test_a_token_of_another_session_is_refused(client, token, app):
    response = app.test_client().post("/styleguide/toast", data={"csrf_token": token})
    assert response.status_code == 403


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-origin", 303)])
def test_browsers_say_where_a_write_comes_from(client, token, site, status):
    response = client.post(
        "/styleguide/toast", data={"csrf_token": token}, headers={"Sec-Fetch-Site": site}
    )
    assert response.status_code == status


def test_reading_from_another_site_is_fine(client):
    response = client.get("/styleguide/public", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 200


def test_the_refusal_of_an_htmx_write_is_a_toast(client):
    response = client.post("/styleguide/toast", headers={"HX-Request": "true"})
    assert response.status_code == 403
    assert response.headers["HX-Reswap"] == "none"
