"""The workspace in the URL: members only, filled in by url_for, short forms redirect."""

from flask import url_for

from app.core.tenancy import current_workspace_id
from app.web.tenant import current_membership, my_workspaces, shell_workspace


def test_outsiders_see_404(page, cast):
    page.as_(cast.charlie).get("/w/acme/dashboard", 404)
    page.as_(cast.alice).get("/w/nowhere/dashboard", 404)


def test_signed_out_people_are_asked_to_sign_in(page, cast):
    answer = page.get("/w/acme/dashboard", 302)
    assert answer.location == "/auth/login?next=%2Fw%2Facme%2Fdashboard"


def test_members_get_the_page_with_the_frame(page, cast):
    answer = page.as_(cast.bob).get("/w/acme/dashboard")
    assert answer.find(".rail__item[aria-current]").get_text(strip=True).startswith("Dashboard")
    assert answer.find(".rail__switch")["aria-label"] == f"Workspace: {cast.acme.name}"


def test_url_for_fills_the_slug_in(app, login, client, cast):
    login(client, cast.alice)
    with client:
        client.get("/w/acme/dashboard")
        assert url_for("home.show_dashboard") == "/w/acme/dashboard"
        assert url_for("home.show_dashboard", slug="other") == "/w/other/dashboard"
        assert current_membership().role == "owner"
        assert "campaigns.launch" in current_membership().permissions
        assert [choice.slug for choice in my_workspaces()] == ["acme"]


def test_nothing_of_the_workspace_stays_behind(login, client, cast):
    login(client, cast.alice)
    client.get("/w/acme/dashboard")
    assert current_workspace_id.get() is None


def test_short_forms_go_to_the_current_workspace(page, cast):
    answer = page.as_(cast.alice).get("/campaigns/7/leads?state=waiting", 302)
    assert answer.location == "/w/acme/campaigns/7/leads?state=waiting"
    assert page.get("/dashboard", 302).location.startswith("/auth/login")


def test_the_frame_outside_a_workspace_shows_the_last_one_visited(login, client, cast):
    login(client, cast.alice)
    with client:
        client.get("/auth/profile")
        assert shell_workspace().slug == "acme"
        assert current_membership() is None
