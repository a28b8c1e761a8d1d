"""The macros: values, errors, states. The sheet shows them all; here is what must not slip."""

import pytest
from bs4 import BeautifulSoup

from app.core.forms import Form


@pytest.fixture
def draw(app):
    def render(source, **context):
        text = '{% import "components/ui.html" as ui %}' + source
        with app.test_request_context("/"):
            return BeautifulSoup(app.jinja_env.from_string(text).render(**context), "html.parser")

    return render


def test_a_first_showing_takes_the_value(draw):
    assert draw('{{ ui.text(None, "name", "Name", "Acme") }}').input["value"] == "Acme"
    assert draw('{{ ui.text(form, "name", "Name", "Acme") }}', form=Form()).input["value"] == "Acme"


def test_a_field_that_was_emptied_stays_empty(draw):
    form = Form(data={"other": "x"}, errors={"name": ["Please fill this in."]})
    field = draw('{{ ui.text(form, "name", "Name", "Acme", help="Short.") }}', form=form).input
    assert field["value"] == ""
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "f-name-help f-name-error"


def test_a_box_that_was_unticked_stays_unticked(draw):
    source = '{{ ui.checkbox(form, "on", "On", checked=true) }}'
    assert draw(source, form=None).input.has_attr("checked")
    refused = Form(data={"on": False}, errors={"name": ["x"]})
    assert not draw(source, form=refused).input.has_attr("checked")


def test_typed_text_is_escaped_everywhere(draw):
    form = Form(data={"name": '"><script>', "notes": "</textarea><script>"}, errors={"x": ["<b>"]})
    source = (
        '{% call ui.form("/x", form) %}{{ ui.text(form, "name", "Name") }}'
        '{{ ui.textarea(form, "notes", "Notes") }}{{ ui.rich_text(form, "notes", "Body", id="b") }}{% endcall %}'
    )
    assert draw(source, form=form).find(["script", "b"]) is None


def test_a_textarea_keeps_its_leading_newline(draw):
    form = Form(data={"notes": "\nhello"})
    area = draw('{{ ui.textarea(form, "notes", "Notes") }}', form=form).textarea
    assert area.get_text() == "\n\nhello"  # browsers drop the first newline of a textarea


def test_select_compares_as_text(draw):
    source = '{{ ui.select(None, "n", "N", [(1, "one"), (2, "two")], 2) }}'
    assert draw(source).select_one("option[selected]").text == "two"


@pytest.mark.parametrize("posted", ["tue", ["tue"]])
def test_checkbox_group_takes_one_or_many(draw, posted):
    form = Form(data={"days": posted})
    source = '{{ ui.checkbox_group(form, "days", "Days", [("mon", "M"), ("tue", "T")], ["mon"]) }}'
    assert [i["value"] for i in draw(source, form=form).select("[checked]")] == ["tue"]


def test_a_password_is_never_refilled(draw):
    form = Form(data={"password": "hunter2hunter2"}, errors={"password": ["Too common."]})
    assert "hunter2" not in str(draw("{{ ui.password(form) }}", form=form))


def test_bars_and_rings_survive_nothing_and_too_much(draw):
    soup = draw(
        '{{ ui.bar(5, 0, "none") }}{{ ui.ring(140, "over") }}{{ ui.sparkline([], "empty") }}{{ ui.funnel([]) }}'
    )
    assert soup.select_one(".bar__value")["width"] == "0%"
    assert soup.select_one(".ring__value")["stroke-dasharray"].startswith("100")


def test_load_more_ends(draw):
    assert draw('{{ ui.load_more("more", None, 3) }}').find("tr") is None
    assert draw('{{ ui.load_more("more", "/x?cursor=1", 3) }}').a["hx-get"] == "/x?cursor=1"


def test_unknown_state_words_are_neutral(draw):
    assert "badge--neutral" in str(draw('{{ ui.status("some_thing") }}'))
    assert "badge--positive" in str(draw('{{ ui.status("active") }}'))


def test_avatars_of_any_name(draw):
    for name in ("", "a@b.test", "Zoë", "محمد علي", "  "):
        assert draw("{{ ui.avatar(name) }}", name=name).span is not None
