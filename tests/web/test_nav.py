"""The menu shows only doors that exist and that the person may open."""

import pytest
from bs4 import BeautifulSoup

from app.web import nav
from app.web.nav import Badge, Banner, NavItem, PaletteItem


@pytest.fixture(autouse=True)
def own_registry():
    kept = dict(nav._items), dict(nav._palette), dict(nav._banners)
    yield
    for live, old in zip((nav._items, nav._palette, nav._banners), kept, strict=True):
        live.clear()
        live.update(old)


def rail(page, user):
    soup = page.as_(user).get("/w/acme/dashboard").soup
    return {link.select_one(".rail__label").text: link for link in soup.select("a.rail__item")}


def test_an_entry_without_a_room_is_not_shown(page, cast):
    nav.register_nav(NavItem("Ghost", "ghost.show", "ban"))
    assert "Ghost" not in rail(page, cast.alice)


def test_an_entry_needs_its_permission(page, cast):
    item = NavItem("Danger", "styleguide.show_shell", "ban", permission="workspace.delete")
    nav.register_nav(item)
    assert "Danger" in rail(page, cast.alice)
    assert "Danger" not in rail(page, cast.vera)


def test_badges_say_it_in_words(page, cast):
    nav.register_nav(
        NavItem("Some", "styleguide.show_shell", "ban", badge=lambda: Badge("1,200 unread", 1200)),
        NavItem(
            "Dot",
            "styleguide.show_panes",
            "ban",
            badge=lambda: Badge("One is broken", dot="negative"),
        ),
        NavItem("None", "styleguide.show_public", "ban", badge=lambda: None),
    )
    links = rail(page, cast.alice)
    assert links["Some"].select_one(".rail__count").text == "99+"
    assert links["Some"].select_one(".visually-hidden").text == "1,200 unread"
    assert links["Dot"].select_one(".rail__dot--negative") is not None
    assert links["None"].select_one(".rail__count, .rail__dot") is None


def test_banners_stand_over_the_page(page, cast):
    nav.register_banner(lambda: Banner("Background work is delayed", "Redis does not answer."))
    answer = page.as_(cast.alice).get("/w/acme/dashboard")
    assert "Background work is delayed" in answer.find("#banner").text


def test_the_palette_finds_pages_and_what_rooms_bring(login, client, cast):
    nav.register_palette(lambda query: [PaletteItem(f"Lead {query}", "/x", group="Leads")])
    login(client, cast.alice)
    answer = client.get("/w/acme/palette?q=dash", headers={"HX-Request": "true"})
    options = BeautifulSoup(answer.text, "html.parser").select("[role=option]")
    found = {option.select_one(".palette__label").text: option["href"] for option in options}
    assert found["Dashboard"] == "/w/acme/dashboard"
    assert found["Lead dash"] == "/x"
