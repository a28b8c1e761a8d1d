"""Verbs of the leads room: take lists in, add leads, keep the do-not-contact list."""

from app.leads.services.imports import choose_mapping, commit_import, discard_import, start_import
from app.leads.services.leads import UpsertResult, upsert_leads
from app.leads.services.suppressions import allow_again, suppress

__all__ = [
    "UpsertResult",
    "allow_again",
    "choose_mapping",
    "commit_import",
    "discard_import",
    "start_import",
    "suppress",
    "upsert_leads",
]
