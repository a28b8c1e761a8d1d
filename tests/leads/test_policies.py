"""Addresses, column meanings and single rows."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.leads.policies.addresses import normal_domain, normal_email
from app.leads.policies.import_rows import STAGED, columns_of, safe_cell, staged_rows
from app.leads.policies.mapping import (
    check_mapping,
    custom_key,
    guess_mapping,
    split_full_name,
)


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Ann@Example.COM ", "ann@example.com"),
        ("Ann Lee <ann@example.com>", "ann@example.com"),
        ("mailto:ann@example.com?subject=x", "ann@example.com"),
        ("ann@example.com;", "ann@example.com"),
        ("\ufeffann+x@sub.example.co.uk", "ann+x@sub.example.co.uk"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("o'neil_a-b=c@x-y.example", "o'neil_a-b=c@x-y.example"),
    ],
)
def test_addresses_are_tidied(text, email):
    assert normal_email(text) == email


@pytest.mark.parametrize(
    "text",
    ["", "ann", "@x.example", "ann@", "ann@x", "a b@x.example", "a@b@c.example", "ann@-x.example", "ann@x..example",
     "ann@10.0.0.1", ".ann@x.example", "a..n@x.example", "jörg@x.example", "n/a", "a@x.example\nBcc: y@z.example",
     "x" * 65 + "@x.example", "a@" + "x" * 64 + ".example", "a@x.e"],
)  # fmt: skip
def test_what_cannot_be_written_to_is_refused(text):
    assert normal_email(text) is None


@given(st.text(max_size=80))
def test_whatever_is_accepted_is_plain_and_stays_the_same(text):
    email = normal_email(text)
    if email is not None:
        assert normal_email(email) == email
        assert email.isascii()
        assert not set(email) & set(' \r\n<>,;"')


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("@Example.com", "example.com"),
        ("https://www.example.com/x", "example.com"),
        ("localhost", None),
        ("", None),
    ],
)
def test_domains_are_tidied(text, domain):
    assert normal_domain(text) == domain


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (["E-Mail-Adresse", "Vorname", "Nachname", "Firma", "Position"],
         ["email", "first_name", "last_name", "company", "title"]),
        (["Correo electrónico", "Nombre", "Apellidos", "Empresa", "Cargo"],
         ["email", "first_name", "last_name", "company", "title"]),
        (["Adresse e-mail", "Prénom", "Nom", "Société", "Téléphone"],
         ["email", "first_name", "last_name", "company", "phone"]),
        (["Email Address", "First Name", "LAST_NAME", "Company Name", "Job Title"],
         ["email", "first_name", "last_name", "company", "title"]),
        (["электронная почта", "имя", "фамилия", "компания", "город"],
         ["email", "first_name", "last_name", "company", "custom"]),
        (["Email", "E-mail 2", "Name", "Website", "Time zone"],
         ["email", "custom", "full_name", "website", "time_zone"]),
    ],
)  # fmt: skip
def test_headings_are_understood_in_several_languages(names, fields):
    sample = [["a@b.example", "x", "x", "x", "x"]]
    assert guess_mapping(names, sample) == fields


def test_addresses_are_found_without_a_telling_heading():
    rows = [["1", "Ann", "a@b.example"], ["2", "Bob", "c@d.example"]]
    assert guess_mapping(["Column 1", "Column 2", "Kontaktdaten"], rows) == [
        "custom",
        "custom",
        "email",
    ]


def test_an_email_heading_over_something_else_is_not_believed():
    rows = [["yes", "a@b.example"], ["no", "c@d.example"]]
    assert guess_mapping(["Email", "Work"], rows) == ["custom", "email"]


def test_a_name_beside_a_last_name_is_the_first_name():
    rows = [["a@b.example", "Ann", "Lee"]]
    assert guess_mapping(["email", "Name", "Nachname"], rows) == [
        "email",
        "first_name",
        "last_name",
    ]


def test_empty_columns_are_left_out():
    assert guess_mapping(["email", "Notes"], [["a@b.example", " "]]) == ["email", "skip"]


def test_a_mapping_needs_one_address_and_no_field_twice():
    assert "email address" in check_mapping(["first_name"])
    assert "First name" in check_mapping(["email", "first_name", "first_name"])
    assert check_mapping(["email", "custom", "custom", "skip", "skip"]) is None


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Deal size (€)", "deal_size"),
        ("Größe", "grosse"),
        ("2nd line", "field_2nd_line"),
        ("город", "field_город"),
    ],
)
def test_custom_columns_become_variable_names(name, key):
    assert custom_key(name) == key


def staged(rows, columns):
    """What is staged of these rows, by name."""
    found = [dict(zip(STAGED, row, strict=True)) for row in staged_rows(rows, columns)]
    return [{**row, "custom": json.loads(row["custom"])} for row in found]


def test_custom_columns_with_one_name_are_kept_apart():
    columns = columns_of(["email", "custom", "custom"], ["e", "Note", "note!"])
    [row] = staged([["a@b.example", "1", "2"]], columns)
    assert row["custom"] == {"note": "1", "note_3": "2"}


def test_full_names_are_split():
    assert split_full_name("Ann van Dyke") == ("Ann", "van Dyke")
    assert split_full_name("Dyke, Ann") == ("Ann", "Dyke")
    assert split_full_name("Ann") == ("Ann", "")


def test_a_row_becomes_fields_or_a_reason():
    columns = columns_of(
        ["email", "full_name", "time_zone", "custom"], ["E", "Name", "TZ", "Deal size"]
    )
    good, bad, empty, nothing, long = staged(
        [
            [" ANN@b.example", "Ann Lee", "Europe/Paris", "9\x00 k"],
            ["x@", "Ann", "Mars/1", ""],
            ["", "Ann"],
            [],
            ["c@d.example", "Lee, Cy", "", 'a "b" \\', "a cell too much"],
        ],
        columns,
    )
    assert (good["email"], good["outcome"]) == ("ann@b.example", "new")
    assert (good["first_name"], good["last_name"]) == ("Ann", "Lee")
    assert (good["time_zone"], good["custom"]) == ("Europe/Paris", {"deal_size": "9 k"})
    assert (bad["email"], bad["outcome"]) == ("x@", "invalid")
    assert (bad["time_zone"], bad["custom"]) == ("", {})
    assert [row["outcome"] for row in (empty, nothing)] == ["no_address"] * 2
    assert (long["first_name"], long["custom"]) == ("Cy", {"deal_size": 'a "b" \\'})


def test_full_names_fill_what_has_no_column_or_cell_of_its_own():
    columns = columns_of(["email", "full_name", "first_name"], ["E", "Name", "First"])
    rows = [["a@b.example", "Ann Lee", "Annie"], ["c@d.example", "Cy Dee", ""]]
    assert [(row["first_name"], row["last_name"]) for row in staged(rows, columns)] == [
        ("Annie", "Lee"),
        ("Cy", "Dee"),
    ]


def test_no_rows_are_no_trouble():
    columns = columns_of(["email", "full_name", "custom"], ["E", "Name", "Note"])
    assert staged([], columns) == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_cells_that_would_run_as_formulas_are_made_text(start):
    assert safe_cell(f"{start}cmd|'/c calc'!A1") == f"'{start}cmd|'/c calc'!A1"
    assert safe_cell("plain") == "plain"
