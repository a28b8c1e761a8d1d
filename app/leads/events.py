"""What the leads room tells the rooms above it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImportRowsChecked:
    """The rows of an import have their outcomes; who knows more reasons to skip may set them."""

    import_id: int
    campaign_id: int | None


@dataclass(frozen=True)
class LeadsImported:
    """One batch of an import has become leads (rows `first_line` to `last_line`)."""

    import_id: int
    campaign_id: int | None
    first_line: int
    last_line: int


@dataclass(frozen=True)
class ImportCommitted:
    """The whole import is in."""

    import_id: int
    campaign_id: int | None


@dataclass(frozen=True)
class LeadSuppressed:
    """An address, or a whole domain, must not be contacted any more."""

    email: str = ""
    domain: str = ""
    reason: str = ""
