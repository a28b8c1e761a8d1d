"""Pages of leads: the list, a list on its way in, and who must not be contacted."""

import csv
import io
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any

from flask import Blueprint, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from app.core.errors import AppError, Invalid
from app.core.forms import Form, parse_form
from app.core.permissions import current_actor, requires
from app.core.settings import settings
from app.leads import queries, services
from app.leads.list_reader import Look
from app.leads.policies.import_rows import (
    SKIP_REASONS,
    importable,
    report_cells,
    report_head,
    safe_cell,
    taken_outcomes,
)
from app.leads.policies.list_file import DELIMITERS, ENCODINGS, MAX_ROWS, Dialect
from app.leads.policies.mapping import CUSTOM, FIELDS, FULL_NAME, SKIP, TEXT_FIELDS, guess_mapping
from app.leads.schemas import MappingInput, SuppressInput
from app.leads.services.imports import look
from app.leads.services.staging import NOT_THE_FILE
from app.models import ImportRow, LeadImport
from app.web.responses import done, invalid, page, page_or_fragment

bp = Blueprint("leads", __name__, url_prefix="/w/<slug>/leads")
CHUNK = 256 * 1024
TARGETS = [
    (SKIP, "Leave out"),
    *FIELDS.items(),
    (FULL_NAME, "Full name"),
    (CUSTOM, "Keep as own field"),
]


@bp.get("")
@requires("leads.view")
def index_leads() -> ResponseReturnValue:
    """Everybody the workspace knows, the newest first."""
    search = request.args.get("q", "")
    leads = queries.list_leads(search, request.args.get("cursor"))
    return page_or_fragment(
        "leads/index.html",
        {"leads-more": "leads/_rows.html", "leads": "leads/_table.html"},
        leads=leads,
        search=search,
        has_any=bool(leads.items) or queries.has_leads(),
        has_sandbox=settings.has_sandbox,
        imports=[i for i in queries.recent_imports() if i.state != "done"],
    )


@bp.get("/imports/new")
@requires("leads.edit")
def new_import() -> ResponseReturnValue:
    """Choose a file."""
    return page("leads/imports/new.html", **upload_context())


@bp.post("/imports")
@requires("leads.edit")
def create_import() -> ResponseReturnValue:
    """Take the file in and show what it seems to hold."""
    return receive_upload(None, "leads/imports/new.html", "leads/imports/_upload.html")


def upload_context() -> dict[str, Any]:
    """What the upload form needs, wherever it stands."""
    return {"upload_url": url_for("leads.create_import"), "max_rows": MAX_ROWS}


def receive_upload(
    campaign_id: int | None, template: str, partial: str, **context: Any
) -> ResponseReturnValue:
    """Start an import from the uploaded file; shared by the list and by campaigns."""
    form: Form[Any] = Form()
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        form.fail("file", "Please choose a file.")
    else:
        try:
            imported = services.start_import(
                filename=upload.filename,
                chunks=_chunks(upload),
                campaign_id=campaign_id,
                user_id=current_actor().user_id,
            )
        except Invalid as error:
            form.errors.update(error.errors)
        except AppError as error:
            form.fail("file", error.message)
        else:
            return done(url_for("leads.show_import", import_id=imported.id))
    return invalid(template, partial=partial, form=form, **{**upload_context(), **context})


def _chunks(upload: FileStorage) -> Iterator[bytes]:
    """The upload piece by piece: it lies on disk already and is never whole in memory."""
    while chunk := upload.stream.read(CHUNK):
        yield chunk


@bp.get("/imports/<int:import_id>")
@requires("leads.view")
def show_import(import_id: int) -> ResponseReturnValue:
    """Where the import stands: mapping, dry run, report, progress, result."""
    imported = queries.get_import(import_id)
    return page_or_fragment(
        "leads/imports/show.html",
        {"import": "leads/imports/_body.html"},
        **_import_context(imported),
    )


def _import_context(imported: LeadImport) -> dict[str, Any]:
    """What the import page shows; while it is mapped, how the file reads in the chosen dialect."""
    context: dict[str, Any] = {
        "imported": imported,
        "good": importable(imported.mapping, imported.report),
        "taken": taken_outcomes(imported.mapping),
        "skips": SKIP_REASONS,
        "is_file_fine": imported.error in NOT_THE_FILE,
        "back_url": _back_url(imported),
        "edit_mapping": False,
    }
    if imported.state in ("uploaded", "checked", "failed"):
        context["edit_mapping"] = imported.state == "uploaded" or "map" in request.args
        context |= _mapping_context(imported)
    return context


def _back_url(imported: LeadImport) -> str:
    """Where the person came from: the campaign, or the list of all leads."""
    if imported.campaign_id is not None:
        return url_for("campaigns.show_campaign", campaign_id=imported.campaign_id)
    return url_for("leads.index_leads")


def _mapping_context(imported: LeadImport) -> dict[str, Any]:
    """Columns, their guesses and sample rows."""
    dialect, trouble = _dialect(imported), ""
    try:
        found = look(imported, dialect)
    except Invalid as error:
        found, trouble = Look(dialect, [], []), error.message
    columns = imported.mapping["columns"]
    if found.names != imported.mapping["names"]:
        columns = guess_mapping(found.names, found.rows)
    return {
        "found": found,
        "trouble": trouble,
        "columns": columns,
        "samples": [_sample(found, index) for index in range(len(found.names))],
        "existing": imported.mapping.get("existing", "update"),
        "targets": TARGETS,
        "encodings": list(ENCODINGS.items()),
        "delimiters": [("tab" if k == "\t" else k, v) for k, v in DELIMITERS.items()],
    }


def _sample(found: Look, index: int) -> str:
    """The first filled cells of a column, in one line."""
    cells = [row[index].strip() for row in found.rows if index < len(row) and row[index].strip()]
    return " · ".join(cells[:3])[:90]


def _dialect(imported: LeadImport) -> Dialect:
    """The dialect of the query (the person tries another), else the recognised one."""
    known = Dialect.from_json(imported.dialect)
    if "encoding" not in request.args:
        return known
    delimiter = request.args.get("delimiter", known.delimiter)
    delimiter = "\t" if delimiter == "tab" else delimiter
    encoding = request.args["encoding"]
    return Dialect(
        encoding if encoding in ENCODINGS else known.encoding,
        delimiter if delimiter in DELIMITERS else known.delimiter,
        "has_header" in request.args,
    )


@bp.post("/imports/<int:import_id>/mapping")
@requires("leads.edit")
def create_mapping(import_id: int) -> ResponseReturnValue:
    """Keep the mapping and begin the dry run."""
    imported = queries.get_import(import_id)
    form = parse_form(MappingInput)
    try:
        services.choose_mapping(imported, form.value)
    except Invalid as error:
        form.errors.update(error.errors)
        context = {**_import_context(imported), "edit_mapping": True}
        return invalid(
            "leads/imports/show.html", partial="leads/imports/_body.html", form=form, **context
        )
    return done(url_for("leads.show_import", import_id=import_id))


@bp.post("/imports/<int:import_id>/commit")
@requires("leads.edit")
def create_commit(import_id: int) -> ResponseReturnValue:
    """Take the checked rows in. A second click finds it begun."""
    services.commit_import(queries.get_import(import_id))
    return done(url_for("leads.show_import", import_id=import_id))


@bp.post("/imports/<int:import_id>/delete")
@requires("leads.edit")
def delete_import(import_id: int) -> ResponseReturnValue:
    """Forget a list that was not taken in."""
    imported = queries.get_import(import_id)
    back = _back_url(imported)
    services.discard_import(imported)
    return done(back, message="The list was discarded. No lead was changed.")


@bp.get("/imports/<int:import_id>/skipped.csv")
@requires("leads.view")
def download_skipped(import_id: int) -> ResponseReturnValue:
    """The rows that were left out and why, as a CSV that no spreadsheet will run."""
    imported = queries.get_import(import_id)
    file = TemporaryFile()  # noqa: SIM115 - send_file closes it once it is sent
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    head = report_head(imported.mapping["columns"], imported.mapping["names"])
    writer.writerow(["Row", "Reason", "Email address", *map(safe_cell, head.values())])
    for row in queries.skipped_rows(imported):
        reason = SKIP_REASONS.get(row.outcome, row.outcome)
        cells = report_cells(_fields(row), head)
        writer.writerow([row.line, reason, safe_cell(row.email), *cells])
    text.detach()
    file.seek(0)
    return send_file(file, "text/csv", as_attachment=True, download_name=f"skipped-{import_id}.csv")


def _fields(row: ImportRow) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in TEXT_FIELDS}, "custom": row.custom}


@bp.get("/do-not-contact")
@requires("leads.view")
def index_suppressions() -> ResponseReturnValue:
    """Addresses and domains nobody here writes to."""
    return _suppressions()


def _suppressions(form: Form[Any] | None = None) -> ResponseReturnValue:
    """The list with its form."""
    search = request.args.get("q", "")
    context: dict[str, Any] = {
        "entries": queries.list_suppressions(search, request.args.get("cursor")),
        "search": search,
    }
    if form is not None:
        return invalid("leads/suppressions/index.html", form=form, **context)
    return page_or_fragment(
        "leads/suppressions/index.html",
        {"suppressions-more": "leads/suppressions/_rows.html"},
        **context,
    )


@bp.post("/do-not-contact")
@requires("leads.edit")
def create_suppression() -> ResponseReturnValue:
    """Add an address or a domain; running campaigns stop for it at once."""
    form = parse_form(SuppressInput)
    if not form.ok:
        return _suppressions(form)
    services.suppress(form.value.value, reason="manual", source="person")
    message = f"{form.value.value} will not be contacted any more."
    return done(url_for("leads.index_suppressions"), message=message)


@bp.post("/do-not-contact/<int:suppression_id>/delete")
@requires("leads.edit")
def delete_suppression(suppression_id: int) -> ResponseReturnValue:
    """Take an entry off the list."""
    entry = queries.get_suppression(suppression_id)
    services.allow_again(entry)
    return done(url_for("leads.index_suppressions"), message=f"{entry.value} was taken off.")
