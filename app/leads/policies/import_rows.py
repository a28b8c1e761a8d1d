"""One row of a list: mapped to a lead's fields, or the reason why it cannot become one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from app.leads.policies.addresses import normal_email
from app.leads.policies.mapping import (
    CUSTOM,
    FIELDS,
    FULL_NAME,
    SKIP,
    custom_key,
    split_full_name,
)

NEW, UPDATE = "new", "update"
#: Why a row is skipped, in the order in which the report shows them.
SKIP_REASONS: dict[str, str] = {
    "no_address": "No email address",
    "invalid": "Invalid email address",
    "duplicate": "Repeated in this file",
    "suppressed": "On the do-not-contact list",
    "in_campaign": "Already in this campaign",
}
OUTCOME_LABELS: dict[str, str] = {
    NEW: "New leads",
    UPDATE: "Already known, brought up to date",
    **SKIP_REASONS,
}
#: A cell that starts like this is run as a formula by spreadsheets.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Columns:
    """A mapping made ready for a million rows: which index feeds what."""

    email: int
    plain: tuple[tuple[int, str], ...]
    custom: tuple[tuple[int, str], ...]
    full_name: int | None = None


@dataclass(frozen=True, slots=True)
class StagedRow:
    """What one row became: an address and fields, or an outcome that already is a skip."""

    email: str
    fields: dict[str, Any] = field(default_factory=dict)
    outcome: str = ""


def columns_of(mapping: Sequence[str], names: Sequence[str]) -> Columns:
    """The mapping of a list, ready for use; names of custom fields are kept apart."""
    plain, custom, used = [], [], set[str]()
    for index, target in enumerate(mapping):
        if target == CUSTOM:
            key = custom_key(names[index])
            key = key if key not in used else f"{key}_{index + 1}"
            used.add(key)
            custom.append((index, key))
        elif target not in (SKIP, FULL_NAME, "email"):
            plain.append((index, target))
    full_name = mapping.index(FULL_NAME) if FULL_NAME in mapping else None
    return Columns(mapping.index("email"), tuple(plain), tuple(custom), full_name)


def staged_row(cells: Sequence[str], columns: Columns) -> StagedRow:
    """Read one row. Never raises: a bad row is told, not fatal."""
    width = len(cells)
    raw = cells[columns.email].strip() if columns.email < width else ""
    fields: dict[str, Any] = {
        name: tidy(cells[i]) for i, name in columns.plain if i < width and cells[i]
    }
    if columns.full_name is not None and columns.full_name < width:
        first, last = split_full_name(tidy(cells[columns.full_name]))
        fields = {"first_name": first, "last_name": last, **fields}
    if "time_zone" in fields and not is_zone(fields["time_zone"]):
        del fields["time_zone"]
    custom = {key: tidy(cells[i]) for i, key in columns.custom if i < width and cells[i]}
    if custom:
        fields["custom"] = custom
    if not raw:
        return StagedRow("", fields, "no_address")
    email = normal_email(raw)
    if email is None:
        return StagedRow(tidy(raw)[:320], fields, "invalid")
    return StagedRow(email, fields)


def tidy(cell: str) -> str:
    """Without surrounding space and the zero bytes a database cannot keep."""
    return cell.replace("\x00", "").strip() if "\x00" in cell else cell.strip()


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
    plain = [target for _, target in columns.plain]
    if columns.full_name is not None:
        plain = list(dict.fromkeys(["first_name", "last_name", *plain]))
    own = {key: names[index] for index, key in columns.custom}
    return {**{name: FIELDS[name] for name in plain}, **{f"custom.{k}": v for k, v in own.items()}}


def report_cells(fields: dict[str, Any], head: dict[str, str]) -> list[str]:
    """One staged row under these headings; what it lacks is empty."""
    own = {f"custom.{key}": value for key, value in fields.get("custom", {}).items()}
    values = {**fields, **own}
    return [safe_cell(str(values.get(key, ""))) for key in head]


def safe_cell(value: str) -> str:
    """A cell for a CSV we hand out: what a spreadsheet would run is shown as text instead."""
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
