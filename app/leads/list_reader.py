"""Streams a list file: looks at it once, then yields its rows without holding them in memory.

A million rows are read, so what is done for each of them is done by the library in C, and rows go
on in batches small enough to stay in the processor's cache.

Knows files and limits, not the database. A limit or a broken quote ends the reading with a sentence
that names the row.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress, islice
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
BATCH = 500
Batch = tuple[list[int], list[list[str]]]  # numbers (the header's is 1) and cells of rows

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
    batches = _batches(file, dialect, SAMPLE_ROWS)
    rows = list(islice((row for _, rows in batches for row in rows), SAMPLE_ROWS))
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


def read_batches(file: BinaryIO, dialect: Dialect) -> Iterator[Batch]:
    """Every filled row below the header, some hundreds at a time. Errors: NotAList."""
    count, skipped = 0, int(dialect.has_header)
    for numbers, rows in _batches(file, dialect, BATCH):
        count += len(rows) - skipped
        if count > MAX_ROWS:
            raise NotAList(
                f"The file has more than {MAX_ROWS:,} rows. Split it and upload the parts."
            )
        yield numbers[skipped:], rows[skipped:]
        skipped = 0


def _batches(file: BinaryIO, dialect: Dialect, size: int) -> Iterator[Batch]:
    """Filled rows with their numbers, limits checked; a batch is never empty."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=dialect.encoding, errors="replace", newline="")
    records, number = csv.reader(text, delimiter=dialect.delimiter), 1
    try:
        while rows := _next_records(records, number, size):
            filled = _filled(number, rows)
            number += len(rows)
            if filled[1]:
                yield filled
    finally:
        text.detach()  # the caller's file stays open


def _next_records(records: Iterator[list[str]], number: int, size: int) -> list[list[str]]:
    """The next records, the first of which is `number`."""
    rows: list[list[str]] = []
    try:
        rows.extend(islice(records, size))  # no step of Python's for a row
    except csv.Error as error:
        raise NotAList(_broken(number + len(rows), error)) from error
    except UnicodeError as error:  # such as UTF-16 without its mark: nothing to replace
        raise NotAList("The file is not written in this encoding.") from error
    return rows


def _filled(first: int, rows: list[list[str]]) -> Batch:
    """The records without empty ones and Excel's 'sep=' line."""
    is_kept = [any(map(str.strip, row)) for row in rows]
    if first == 1 and ",".join(rows[0]).strip().lower().startswith("sep="):
        is_kept[0] = False
    numbers = list(range(first, first + len(rows)))
    if not all(is_kept):
        numbers, rows = list(compress(numbers, is_kept)), list(compress(rows, is_kept))
    if rows and max(map(len, rows)) > MAX_COLUMNS:
        number, width = next(
            (n, len(row)) for n, row in zip(numbers, rows, strict=True) if len(row) > MAX_COLUMNS
        )
        raise NotAList(f"Row {number} has {width:,} columns; at most {MAX_COLUMNS} are read.")
    return numbers, rows


def _broken(number: int, error: csv.Error) -> str:
    """What a reader's refusal means for the person who made the file."""
    if "field larger" in str(error):
        return (
            f"Row {number} has a cell of more than {MAX_CELL:,} characters."
            " Perhaps a quotation mark is opened there and never closed."
        )
    return f"Row {number} cannot be read ({error})."
