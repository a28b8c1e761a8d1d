"""Rows of a list: mapped to a lead's fields, or the reason why they cannot become one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json import JSONEncoder
from typing import Any
from zoneinfo import ZoneInfo

from app.leads.policies.addresses import normal_email
from app.leads.policies.mapping import (
    CUSTOM,
    FIELDS,
    FULL_NAME,
    TEXT_FIELDS,
    custom_key,
    split_full_name,
)

NEW, UPDATE, IN_CAMPAIGN = "new", "update", "in_campaign"
#: Why a row is skipped, in the order in which the report shows them.
SKIP_REASONS: dict[str, str] = {
    "no_address": "No email address",
    "invalid": "Invalid email address",
    "duplicate": "Repeated in this file",
    "suppressed": "On the do-not-contact list",
    IN_CAMPAIGN: "Already in this campaign",
}
#: What a row becomes, in this order.
STAGED = ("email", *TEXT_FIELDS, "custom", "outcome")
#: A cell that starts like this is run as a formula by spreadsheets.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_json = JSONEncoder(ensure_ascii=False).encode


def taken_outcomes(mapping: Mapping[str, Any]) -> tuple[str, ...]:
    """Outcomes of the rows that the commit takes in.

    Who is in the campaign already is brought up to date, unless known people stay as they are.
    """
    return (NEW, UPDATE) if mapping.get("existing") == "keep" else (NEW, UPDATE, IN_CAMPAIGN)


def importable(mapping: Mapping[str, Any], report: Mapping[str, int]) -> int:
    """How many rows of a checked list the commit takes in."""
    return sum(report.get(outcome, 0) for outcome in taken_outcomes(mapping))


@dataclass(frozen=True, slots=True)
class Columns:
    """A mapping made ready for a million rows: which index feeds what, by field or own key."""

    width: int
    email: int
    plain: dict[str, int]
    custom: dict[str, int]
    full_name: int | None = None


def columns_of(mapping: Sequence[str], names: Sequence[str]) -> Columns:
    """The mapping of a list, ready for use; names of custom fields are kept apart."""
    plain, custom = dict[str, int](), dict[str, int]()
    for index, target in enumerate(mapping):
        if target == CUSTOM:
            key = custom_key(names[index])
            custom[key if key not in custom else f"{key}_{index + 1}"] = index
        elif target in TEXT_FIELDS:
            plain[target] = index
    full_name = mapping.index(FULL_NAME) if FULL_NAME in mapping else None
    return Columns(len(mapping), mapping.index("email"), plain, custom, full_name)


def staged_rows(rows: Sequence[Sequence[str]], columns: Columns) -> Iterator[tuple[str, ...]]:
    """Read rows; for each the values of STAGED. Never raises: a bad row is told, not fatal.

    Works on whole columns, which costs a third of taking each row by itself.
    """
    cells = _by_column(rows, columns.width)
    addresses = [_address(cell) for cell in tidied(cells[columns.email])]
    fields = {name: tidied(cells[index]) for name, index in columns.plain.items()}
    if columns.full_name is not None:
        _fill_names(fields, tidied(cells[columns.full_name]))
    if "time_zone" in fields:
        fields["time_zone"] = [name if is_zone(name) else "" for name in fields["time_zone"]]
    empty = [""] * len(rows)
    texts = [fields.get(name, empty) for name in TEXT_FIELDS]
    custom = _as_json({key: tidied(cells[index]) for key, index in columns.custom.items()})
    emails, outcomes = zip(*addresses, strict=True) if addresses else ((), ())
    return zip(emails, *texts, custom or ["{}"] * len(rows), outcomes, strict=True)


def _by_column(rows: Sequence[Sequence[str]], width: int) -> list[Sequence[str]]:
    """The cells of each column; what a row lacks is empty, what it has too much is left out."""
    if any(len(row) != width for row in rows):
        blanks = [""] * width
        rows = [[*row, *blanks][:width] for row in rows]
    return list(zip(*rows, strict=True)) or [()] * width


def tidied(cells: Sequence[str]) -> list[str]:
    """Without surrounding space and the zero bytes a database cannot keep."""
    if "\x00" in "".join(cells):
        cells = [cell.replace("\x00", "") for cell in cells]
    return [cell.strip() for cell in cells]


def _address(cell: str) -> tuple[str, str]:
    """The address of a row and its outcome so far."""
    if not cell:
        return "", "no_address"
    email = normal_email(cell)
    return (cell[:320], "invalid") if email is None else (email, NEW)


def _fill_names(fields: dict[str, list[str]], full_names: list[str]) -> None:
    """First and last names from full ones, where they have no column or cell of their own."""
    parts = zip(*map(split_full_name, full_names), strict=True) if full_names else ((), ())
    for name, split in zip(("first_name", "last_name"), parts, strict=True):
        given = fields.get(name) or [""] * len(full_names)
        fields[name] = [own or other for own, other in zip(given, split, strict=True)]


def _as_json(columns: dict[str, list[str]]) -> list[str]:
    """For each row an object of its filled cells."""
    keys = [f"{_json(key)}:" for key in columns]
    return [
        "{" + ",".join([k + _json(cell) for k, cell in zip(keys, row, strict=True) if cell]) + "}"
        for row in zip(*columns.values(), strict=True)
    ]


@lru_cache(maxsize=1000)
def is_zone(name: str) -> bool:
    """Whether the machine knows this time zone."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def report_head(mapping: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Headings by key of what staged rows hold beside their address, in the order of the report."""
    columns = columns_of(mapping, names)
    plain = list(columns.plain)
    if columns.full_name is not None:
        plain = list(dict.fromkeys(["first_name", "last_name", *plain]))
    own = {key: names[index] for key, index in columns.custom.items()}
    return {**{name: FIELDS[name] for name in plain}, **{f"custom.{k}": v for k, v in own.items()}}


def report_cells(fields: dict[str, Any], head: dict[str, str]) -> list[str]:
    """One staged row under these headings; what it lacks is empty."""
    own = {f"custom.{key}": value for key, value in fields.get("custom", {}).items()}
    values = {**fields, **own}
    return [safe_cell(str(values.get(key, ""))) for key in head]


def safe_cell(value: str) -> str:
    """A cell for a CSV we hand out: what a spreadsheet would run is shown as text instead."""
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
