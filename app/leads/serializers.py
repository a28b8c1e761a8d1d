"""Leads and imports as JSON."""

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from app.leads.policies.import_rows import importable
from app.models import Lead, LeadImport


class LeadJson(TypedDict):
    """A person who may be contacted."""

    id: int
    email: str
    first_name: str
    last_name: str
    company: str
    title: str
    phone: str
    website: str
    time_zone: str
    custom: dict[str, Any]
    source: str
    created_at: datetime
    updated_at: datetime


class ImportJson(TypedDict):
    """An uploaded list on its way in."""

    id: int
    campaign_id: int | None
    filename: str
    size: int
    state: str
    dialect: dict[str, Any]
    mapping: dict[str, Any]
    report: dict[str, Any]
    rows_total: int
    rows_done: int
    rows_importable: int
    error: str | None
    created_at: datetime
    finished_at: datetime | None


def lead_json(lead: Lead) -> LeadJson:
    """A person who may be contacted."""
    return {
        "id": lead.id,
        "email": lead.email,
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "company": lead.company,
        "title": lead.title,
        "phone": lead.phone,
        "website": lead.website,
        "time_zone": lead.time_zone,
        "custom": lead.custom,
        "source": lead.source,
        "created_at": lead.created_at,
        "updated_at": lead.updated_at,
    }


def import_json(imported: LeadImport) -> ImportJson:
    """An uploaded list on its way in."""
    return {
        "id": imported.id,
        "campaign_id": imported.campaign_id,
        "filename": imported.filename,
        "size": imported.size,
        "state": imported.state,
        "dialect": imported.dialect,
        "mapping": imported.mapping,
        "report": imported.report,
        "rows_total": imported.rows_total,
        "rows_done": imported.rows_done,
        "rows_importable": importable(imported.mapping, imported.report),
        "error": imported.error or None,
        "created_at": imported.created_at,
        "finished_at": imported.finished_at,
    }
