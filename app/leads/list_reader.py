"""Streams a list file: looks at it once, then yields its rows without holding them in memory.

Knows files and limits, not the database. A limit or a broken quote ends the reading with a
sentence that names the row.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from app.leads.policies.list_file import (
    MAX_CELL,
    MAX_COLUMNS,
    MAX_ROWS,
    SAMPLE_BYTES,
    Dialect,
    NotAList,
    column_names,
    guess_delimiter,
    guess_encoding,
    guess_header,
    refuse_other_formats,
    sample_text,
)

CHUNK = 1024 * 1024
SAMPLE_ROWS = 20

# Quotes that are never closed make one endless cell; the reader must give up before memory does.
csv.field_size_limit(MAX_CELL)


@dataclass(frozen=True, slots=True)
class Look:
    """The first impression of a file: how to read it, its columns, some rows."""

    dialect: Dialect
    names: list[str]
    rows: list[list[str]]


def look_at(file: BinaryIO) -> Look:
    """Recognise the file and read its first rows. Errors: NotAList with what to do."""
    file.seek(0)
    head = file.read(SAMPLE_BYTES)
    refuse_other_formats(head)
    encoding = guess_encoding(head, is_utf8=_is_utf8(file))
    delimiter = guess_delimiter(sample_text(head, encoding))
    rows = _sample(file, Dialect(encoding, delimiter))
    dialect = Dialect(encoding, delimiter, guess_header(rows))
    return _look(dialect, rows)


def look_again(file: BinaryIO, dialect: Dialect) -> Look:
    """The first rows read in a dialect that a person chose. Errors: NotAList."""
    return _look(dialect, _sample(file, dialect))


def _look(dialect: Dialect, rows: list[list[str]]) -> Look:
    """Names and sample rows; a file without any lead is refused. Errors: NotAList."""
    names = column_names(rows, has_header=dialect.has_header)
    shown = rows[1:] if dialect.has_header else rows
    if not shown:
        raise NotAList("The file has a header but no rows below it.")
    return Look(dialect, names, shown)


def _sample(file: BinaryIO, dialect: Dialect) -> list[list[str]]:
    """The first filled rows. Errors: NotAList."""
    rows = [cells for _, cells in islice(_records(file, dialect), SAMPLE_ROWS)]
    if not rows:
        raise NotAList("The file is empty.")
    return rows


def _is_utf8(file: BinaryIO) -> bool:
    """Whether every byte of the file is valid UTF-8; the first 256 kB prove nothing."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def read_rows(file: BinaryIO, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Row number (the header is 1) and cells of every filled row. Errors: NotAList."""
    records = _records(file, dialect)
    if dialect.has_header:
        next(records, None)
    for count, record in enumerate(records, start=1):
        if count > MAX_ROWS:
            raise NotAList(
                f"The file has more than {MAX_ROWS:,} rows. Split it and upload the parts."
            )
        yield record


def _records(file: BinaryIO, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Every filled record with its number, limits checked."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=dialect.encoding, errors="replace", newline="")
    try:
        yield from _checked(csv.reader(text, delimiter=dialect.delimiter), dialect)
    finally:
        text.detach()  # the caller's file stays open


def _checked(records: Iterator[list[str]], dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """The same records without empty ones and Excel's 'sep=' line."""
    number = 0
    while True:
        number += 1
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            raise NotAList(_broken(number, error)) from error
        except UnicodeError as error:  # such as UTF-16 without its mark: nothing to replace
            raise NotAList("The file is not written in this encoding.") from error
        if not any(cells) or not any(cell.strip() for cell in cells):
            continue
        if number == 1 and ",".join(cells).strip().lower().startswith("sep="):
            continue
        if len(cells) > MAX_COLUMNS:
            raise NotAList(
                f"Row {number} has {len(cells):,} columns; at most {MAX_COLUMNS} are read."
            )
        yield number, cells


def _broken(number: int, error: csv.Error) -> str:
    """What a reader's refusal means for the person who made the file."""
    if "field larger" in str(error):
        return (
            f"Row {number} has a cell of more than {MAX_CELL:,} characters."
            " Perhaps a quotation mark is opened there and never closed."
        )
    return f"Row {number} cannot be read ({error})."
