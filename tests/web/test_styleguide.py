"""The sheet of components is whole and holds for the rules of every page."""

import pytest

from tests.pages import check_page


@pytest.mark.parametrize("path", ["", "/shell", "/panes", "/public", "/rows"])
def test_the_sheet_is_drawn(page, path):
    answer = page.get(f"/styleguide{path}")
    check_page(answer.soup)


def test_more_rows_come_for_their_target(page):
    answer = page.hx("/styleguide/rows?page=1", "more")
    assert "Founders in Berlin" in answer.text


def test_a_production_installation_has_no_sheet(build_app):
    app = build_app(
        TESTING=False,
        ENV="production",
        SECRET_KEY="a" * 40,
        ENCRYPTION_KEYS=["QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="],
        SQLALCHEMY_DATABASE_URI="postgresql+psycopg://nobody@127.0.0.1:1/none",
        REDIS_URL="redis://127.0.0.1:1/0",
        PUBLIC_URL="https://parakeet.example",
    )
    assert "styleguide" not in app.blueprints
