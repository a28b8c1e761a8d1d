"""The JSON door of leads. Uploading a list stands in campaigns/api.py, as it may name a campaign."""

from app.api.door import Continued, asked, asked_page, continued, endpoint
from app.leads import queries
from app.leads.schemas import LeadInput, MappingInput
from app.leads.serializers import ImportJson, LeadJson, import_json, lead_json
from app.leads.services.imports import choose_mapping, commit_import
from app.leads.services.leads import upsert_leads
from app.models import Lead, LeadImport

FIND_LEAD = {"lead_id": queries.get_lead}
FIND_IMPORT = {"imported_id": queries.get_import}


@endpoint("GET", "/lead", permission="leads.view")
def index_leads() -> Continued[LeadJson]:
    """Everybody the workspace knows, the newest first; `q` narrows the list."""
    page, search = asked_page(), str(asked("q") or "")
    found = queries.list_leads(search, page.cursor, page.per_page, page.offset)
    return continued(found, lambda: queries.count_leads(search), lead_json)


@endpoint("POST", "/lead", permission="leads.edit", body=LeadInput, status=201)
def create_lead(value: LeadInput) -> LeadJson | None:
    """Add a lead, or fill in what is new about a known one."""
    result = upsert_leads([value], source="api")
    return lead_json(queries.get_lead(result.lead_ids[0])) if result.lead_ids else None


@endpoint("GET", "/lead/<int:lead_id>", permission="leads.view", find=FIND_LEAD)
def show_lead(lead: Lead) -> LeadJson:
    """One lead."""
    return lead_json(lead)


@endpoint("GET", "/lead/import/<int:imported_id>", permission="leads.view", find=FIND_IMPORT)
def show_import(imported: LeadImport) -> ImportJson:
    """Where an import stands, with the report of its dry run."""
    return import_json(imported)


@endpoint(
    "PUT",
    "/lead/import/<int:imported_id>/mapping",
    permission="leads.edit",
    find=FIND_IMPORT,
    body=MappingInput,
)
def update_mapping(imported: LeadImport, value: MappingInput) -> ImportJson:
    """Choose what each column becomes; the dry run begins."""
    choose_mapping(imported, value)
    return import_json(imported)


@endpoint(
    "POST", "/lead/import/<int:imported_id>/commit", permission="leads.edit", find=FIND_IMPORT
)
def commit(imported: LeadImport) -> ImportJson:
    """Take the checked rows in; a second call changes nothing."""
    commit_import(imported)
    return import_json(imported)
