"""Reading list files: the encodings, delimiters and wrecks that people really upload."""

import csv
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.leads.list_reader import look_again, look_at, read_batches
from app.leads.policies.list_file import MAX_CELL, MAX_COLUMNS, Dialect, NotAList

HEADER = "Email,Vorname,Firma\n"
ROW = "jürgen@müller.example,Jürgen,Müller & Söhne\n"


def look(data: bytes):
    return look_at(io.BytesIO(data))


def rows_of(data: bytes, dialect: Dialect | None = None) -> list[tuple[int, list[str]]]:
    """Number and cells of every row."""
    file = io.BytesIO(data)
    batches = read_batches(file, dialect or look_at(file).dialect)
    return [row for numbers, rows in batches for row in zip(numbers, rows, strict=True)]


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings_are_recognised(encoding, named):
    found = look((HEADER + ROW).encode(encoding))
    assert found.dialect.encoding == named
    assert found.names == ["Email", "Vorname", "Firma"]
    assert found.rows == [["jürgen@müller.example", "Jürgen", "Müller & Söhne"]]


def test_a_foreign_byte_far_into_the_file_is_still_seen():
    data = b"email,name\n" + b"a@b.example,Ann\n" * 40_000 + "z@b.example,Zoë\n".encode("cp1252")
    assert look(data).dialect.encoding == "cp1252"
    assert rows_of(data)[-1][1] == ["z@b.example", "Zoë"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_recognised(delimiter):
    text = f'email{delimiter}name{delimiter}note\na@b.example{delimiter}"Ann, Dr; Ms"{delimiter}"1,5"\n'
    found = look(text.encode())
    assert found.dialect.delimiter == delimiter
    assert found.rows == [["a@b.example", "Ann, Dr; Ms", "1,5"]]


def test_the_separator_line_of_excel_is_obeyed_and_left_out():
    found = look(b"sep=;\nemail;name\na@b.example;Ann\n")
    assert (found.dialect.delimiter, found.names) == (";", ["email", "name"])
    assert found.rows == [["a@b.example", "Ann"]]


def test_one_column_of_addresses_without_a_header():
    found = look(b"a@b.example\nc@d.example\n")
    assert found.dialect.has_header is False
    assert found.names == ["Column 1"]
    assert len(found.rows) == 2


def test_quoted_cells_may_hold_line_breaks_and_quotes():
    data = b'email,note\r\na@b.example,"two\r\nlines and ""quotes"""\r\n\r\nc@d.example,x\r\n'
    assert rows_of(data) == [
        (2, ["a@b.example", 'two\r\nlines and "quotes"']),
        (4, ["c@d.example", "x"]),
    ]


def test_old_mac_line_ends_are_read():
    assert rows_of(b"email,name\ra@b.example,Ann\r") == [(2, ["a@b.example", "Ann"])]


def workbook() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (workbook(), "Excel workbook"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "old Excel workbook"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (b"GIF89a\x01\x00\x01\x00", "picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, "picture"),
        (b"\x1f\x8b\x08\x00" + b"\x00" * 64, "compressed"),
        (b"\n <!DOCTYPE html><html></html>", "web page"),
        (bytes(range(256)) * 40, "not text"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08" * 100, "not text"),
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n \n", "empty"),
        (b"email,name\n", "no rows below"),
        (b"email,name\n\n ,\n", "no rows below"),
    ],
)
def test_what_is_no_list_is_refused_with_a_reason(data, said):
    with pytest.raises(NotAList, match=said):
        look(data)


def test_a_quote_that_is_never_closed_is_named_with_its_row():
    data = b'email,name\na@b.example,Ann\nb@c.example,"Bob\n' + b"x@y.example,Xen\n" * 4000
    with pytest.raises(NotAList, match=r"Row 3 .*quotation mark"):
        rows_of(data, Dialect("utf-8-sig", ","))


def test_cells_up_to_the_limit_are_read():
    data = b"email,note\na@b.example," + b"x" * MAX_CELL + b"\n"
    assert len(rows_of(data)[0][1][1]) == MAX_CELL


def test_too_many_columns_are_refused():
    with pytest.raises(NotAList, match="at most 200"):
        look(b",".join([b"a@b.example"] * (MAX_COLUMNS + 1)))


def test_rows_keep_their_numbers_over_many_batches():
    lines = [f"p{n}@x.example,{n}" if n % 7 else "" for n in range(2, 2_000)]
    rows = rows_of("\n".join(["email,n", *lines]).encode())
    assert [number for number, _ in rows] == [n for n in range(2, 2_000) if n % 7]
    assert all(cells[1] == str(number) for number, cells in rows)


def test_a_row_with_too_many_columns_is_named():
    data = b"email\n" + b"a@b.example\n\n" * 600 + b",".join([b"x"] * (MAX_COLUMNS + 1))
    with pytest.raises(NotAList, match=f"Row 1202 has {MAX_COLUMNS + 1} columns"):
        rows_of(data)


def test_a_person_can_choose_the_dialect():
    data = "email;имя\na@b.example;Анна\n".encode("cp1251")
    found = look_again(io.BytesIO(data), Dialect("cp1251", ";"))
    assert found.rows == [["a@b.example", "Анна"]]


def test_half_a_character_at_the_end_of_the_sample_does_no_harm():
    data = b"email,note\n" + ("a@b.example," + "ä" * 100 + "\n").encode() * 3000
    assert look(data).dialect.encoding == "utf-8-sig"


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cs", "Cc")),
    max_size=12,
)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=20))
@settings(max_examples=100)
def test_whatever_a_csv_writer_writes_is_read_back(rows):
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["email", "one", "two"])
    for row in rows:
        writer.writerow(["a@b.example", *row])
    read = rows_of(file.getvalue().encode())
    assert [tuple(found[1:]) for _, found in read] == rows
