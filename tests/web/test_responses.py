"""How views answer: pages, fragments, refusals, done."""

import json

import pytest

from app.web.responses import (
    done,
    fragment,
    go,
    hx_headers,
    invalid,
    is_fragment_request,
    nothing,
    page_or_fragment,
)
from app.web.styleguide import ROWS, SampleForm
from app.web.toasts import take_toasts, toast

HX = {"HX-Request": "true"}
ROWS_PARTIAL = {"more": "styleguide/_rows.html"}


def rows_answer():
    return page_or_fragment("styleguide/_table.html", ROWS_PARTIAL, rows=ROWS)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        (HX, True),
        (HX | {"HX-Boosted": "true"}, False),
        (HX | {"HX-History-Restore-Request": "true"}, False),
    ],
)
def test_is_fragment_request(app, headers, expected):
    with app.test_request_context("/", headers=headers):
        assert is_fragment_request() is expected


@pytest.mark.parametrize("target", ["more", "more-3"])
def test_page_or_fragment_answers_the_target(app, target):
    with app.test_request_context("/", headers=HX | {"HX-Target": target}):
        assert "<table" not in rows_answer().get_data(as_text=True)


@pytest.mark.parametrize("headers", [{}, HX | {"HX-Target": "elsewhere"}])
def test_page_or_fragment_answers_the_page_to_anything_else(app, headers):
    with app.test_request_context("/", headers=headers):
        assert "<table" in rows_answer().get_data(as_text=True)


def test_fragment_brings_pending_toasts_out_of_band_once(app):
    with app.test_request_context("/", headers=HX):
        toast("Moved <b>", action_url="/undo")
        body = fragment("styleguide/empty.oob.html").get_data(as_text=True)
        assert 'hx-swap-oob="beforeend"' in body
        assert "Moved &lt;b&gt;" in body
        assert 'action="/undo"' in body
        assert "Moved" not in fragment("styleguide/empty.oob.html").get_data(as_text=True)


def test_invalid_is_422_and_keeps_what_was_typed(app):
    with app.test_request_context("/"):
        response = invalid("styleguide/_form.html", form=SampleForm())
    assert response.status_code == 422
    assert 'value="maya@"' in response.get_data(as_text=True)
    assert 'aria-invalid="true"' in response.get_data(as_text=True)
    assert 'href="#f-email"' in response.get_data(as_text=True)


def test_invalid_gives_htmx_the_partial(app):
    with app.test_request_context("/", headers=HX):
        partial = "styleguide/_form.html"
        response = invalid("styleguide/form.html", partial=partial, form=SampleForm())
    assert response.status_code == 422
    assert "<html" not in response.get_data(as_text=True)


def test_done_redirects_a_plain_request_and_keeps_the_message(app):
    with app.test_request_context("/"):
        response = done("/next", "Saved")
        assert (response.status_code, response.location) == (303, "/next")
        assert [item.message for item in take_toasts()] == ["Saved"]


def test_done_with_pieces_leaves_the_target_alone(app):
    with app.test_request_context("/", headers=HX):
        response = done("/next", "Saved", oob="styleguide/empty.oob.html")
    assert response.headers["HX-Reswap"] == "none"
    assert "Saved" in response.get_data(as_text=True)


def test_done_with_a_main_piece_fills_the_target(app):
    with app.test_request_context("/", headers=HX):
        response = done("/next", main="styleguide/_rows.html", rows=ROWS)
    assert "HX-Reswap" not in response.headers
    assert "Founders in Berlin" in response.get_data(as_text=True)


def test_done_without_pieces_goes_to_the_page(app):
    with app.test_request_context("/", headers=HX):
        response = done("/next", "Saved", trigger={"mailhub:changed": 1})
        assert json.loads(response.headers["HX-Location"])["path"] == "/next"
        assert json.loads(response.headers["HX-Trigger"]) == {"mailhub:changed": 1}
        assert [item.message for item in take_toasts()] == ["Saved"]


def test_done_with_reload_loads_the_document(app):
    with app.test_request_context("/", headers=HX):
        assert done("/next", reload=True).headers["HX-Redirect"] == "/next"


def test_go_redirects_a_plain_request(app):
    with app.test_request_context("/"):
        assert go("/next").location == "/next"


def test_nothing_is_204(app):
    with app.test_request_context("/"):
        assert nothing().status_code == 204


@pytest.mark.parametrize("reswap", ["beforebegin", "afterbegin", "innerHTML swap:1s"])
def test_hx_headers_takes_every_swap(app, reswap):
    with app.test_request_context("/"):
        assert hx_headers(nothing(), reswap=reswap).headers["HX-Reswap"] == reswap


def test_pages_vary_by_what_htmx_asked(client):
    vary = client.get("/styleguide/public").headers["Vary"]
    assert "HX-Request" in vary
    assert "HX-Target" in vary
