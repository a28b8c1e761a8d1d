"""Leads and imports as JSON."""

from typing import Any

from app.models import Lead, LeadImport


def lead_json(lead: Lead) -> dict[str, Any]:
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


def import_json(imported: LeadImport) -> dict[str, Any]:
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
        "error": imported.error or None,
        "created_at": imported.created_at,
        "finished_at": imported.finished_at,
    }
