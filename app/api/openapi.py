"""The OpenAPI 3.1 document, made from the table of the JSON door, and its viewer."""

from typing import Any

from apispec import APISpec
from flask import Blueprint, Flask, jsonify, render_template
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from app.api.door import TABLE, Endpoint
from app.core.permissions import public
from app.core.settings import settings

REF = "#/components/schemas/{model}"
docs = Blueprint("api_docs", __name__, url_prefix="/api")
VIEWER_POLICY = {"style-src": "'self' 'unsafe-inline'", "img-src": "'self' data:"}

Error = {
    "type": "object",
    "required": ["message"],
    "properties": {"message": {"type": "string"}},
}
ValidationError = {
    "type": "object",
    "required": ["message", "errors"],
    "properties": {
        "message": {"type": "string"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


def init_app(app: Flask) -> None:
    """Serve the document and the viewer."""
    app.register_blueprint(docs)


@docs.get("/openapi.json")
@public
def document() -> ResponseReturnValue:
    """The document."""
    return jsonify(build())


@docs.get("/docs")
@public
def viewer() -> ResponseReturnValue:
    """The document, readable and to be tried out."""
    return render_template("api/docs.html")


def build() -> dict[str, Any]:
    """The whole document, sorted by path."""
    spec = APISpec(
        title="Parakeet",
        version="1",
        openapi_version="3.1.0",
        info={"description": "The JSON door of Parakeet. Conventions: docs/api.md."},
        servers=[{"url": settings.public_url}],
        security=[{"bearer": []}],
    )
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Error", Error)
    spec.components.schema("ValidationError", ValidationError)
    known: set[str] = set()
    for path in sorted({line.prefix + line.path for line in TABLE}):
        lines = [line for line in TABLE if line.prefix + line.path == path]
        operations = {line.method.lower(): _operation(spec, line, known) for line in lines}
        spec.path(path=_braces(path), operations=operations)
    return spec.to_dict()


def _braces(path: str) -> str:
    return path.replace("<int:", "{").replace("<", "{").replace(">", "}")


def _operation(spec: APISpec, line: Endpoint, known: set[str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": line.name,
        "summary": line.summary,
        "tags": [line.tag],
        "parameters": _parameters(line),
        "responses": _responses(spec, line, known),
    }
    if line.permission:
        operation["description"] = f"Needs the permission `{line.permission}`."
    if line.guard == "public":
        operation["security"] = []
    if line.body is not None:
        schema = _component(spec, line.body, known)
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return operation


def _parameters(line: Endpoint) -> list[dict[str, Any]]:
    found = []
    for part in line.path.split("/"):
        if part.startswith("<"):
            kind, _, name = part.strip("<>").rpartition(":")
            schema = {"type": "integer" if kind == "int" else "string"}
            found.append({"name": name, "in": "path", "required": True, "schema": schema})
    if line.guard == "workspace":
        found.append({"name": "X-Workspace-Id", "in": "header", "schema": {"type": "integer"}})
    return found


def _responses(spec: APISpec, line: Endpoint, known: set[str]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done."}
    if isinstance(line.returns, type):
        data = _component(spec, line.returns, known)
        success["content"] = _json({"type": "object", "properties": {"data": data}})
    responses = {str(line.status): success}
    refusals = {"429": "Too many calls."}
    if line.guard != "public":
        refusals["401"] = "Not signed in."
    if line.permission:
        refusals |= {"403": "Not allowed.", "404": "Not there, or not yours."}
    for status, words in sorted(refusals.items()):
        content = _json({"$ref": REF.format(model="Error")})
        responses[status] = {"description": words, "content": content}
    if line.body is not None:
        content = _json({"$ref": REF.format(model="ValidationError")})
        responses["422"] = {"description": "The input breaks a rule.", "content": content}
    return responses


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _component(spec: APISpec, model: type[BaseModel], known: set[str]) -> dict[str, str]:
    """Add the schema and what it refers to, once; return the reference."""
    schema = model.model_json_schema(ref_template=REF)
    for name, definition in {**schema.pop("$defs", {}), model.__name__: schema}.items():
        if name not in known:
            known.add(name)
            spec.components.schema(name, definition)
    return {"$ref": REF.format(model=model.__name__)}
