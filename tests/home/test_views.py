"""Front page, dashboard and palette."""

from tests.factories import make_user


def test_front_leads_strangers_to_sign_in(client):
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer.location.endswith("/auth/login")


def test_front_leads_to_the_dashboard(client, cast, login):
    answer = login(client, cast.alice).get("/")
    assert answer.location.endswith("/w/acme/dashboard")


def test_front_leads_newcomers_to_name_a_workspace(client, app, login):
    answer = login(client, make_user()).get("/")
    assert answer.location.endswith("/workspaces/new")


def test_dashboard_works_for_members(page, cast):
    for person in (cast.alice, cast.bob, cast.vera):
        assert "Sent today" in page.as_(person).get("/w/acme/dashboard").text


def test_dashboard_is_hidden_from_outsiders(client, cast, login):
    assert login(client, cast.charlie).get("/w/acme/dashboard").status_code == 404


def test_palette_finds_pages(page, cast):
    assert "Dashboard" in page.as_(cast.alice).get("/w/acme/palette?q=dash").text


def test_palette_is_hidden_from_outsiders(client, cast, login):
    assert login(client, cast.charlie).get("/w/acme/palette?q=a").status_code == 404
