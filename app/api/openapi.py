"""The OpenAPI 3.1 document, made from the table of the JSON door, and its viewer."""

from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from apispec import APISpec
from flask import Blueprint, Flask, Response, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, TypeAdapter
from werkzeug.datastructures import FileStorage

from app.api.door import TABLE, Continued, Endpoint, Numbered, Plain
from app.core.permissions import public
from app.core.settings import settings

Known = dict[str, dict[str, Any]]  # the schemas of the components, by name
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


def _object(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(fields), "properties": fields}


WHOLE, WHOLE_OR_NONE = {"type": "integer"}, {"type": ["integer", "null"]}
TEXT, TEXT_OR_NONE = {"type": "string"}, {"type": ["string", "null"]}
Links = _object(first=TEXT_OR_NONE, last=TEXT_OR_NONE, prev=TEXT_OR_NONE, next=TEXT_OR_NONE)
NumberedPage = _object(
    links=Links,
    meta=_object(
        current_page=WHOLE,
        last_page=WHOLE,
        per_page=WHOLE,
        total=WHOLE,
        to=WHOLE_OR_NONE,
        path=TEXT,
        links={"type": "array", "items": _object(url=TEXT_OR_NONE, label=TEXT)},
        **{"from": WHOLE_OR_NONE},
    ),
)
CursorPage = _object(
    links=Links,
    meta=_object(path=TEXT, per_page=WHOLE, next_cursor=TEXT_OR_NONE, prev_cursor=TEXT_OR_NONE),
)
LongPage = {
    **_object(meta=_object(next_cursor=TEXT_OR_NONE)),
    "anyOf": [{"$ref": REF.format(model=name)} for name in ("NumberedPage", "CursorPage")],
}
PAGING: dict[type, tuple[str, ...]] = {
    Numbered: ("page", "per_page"),
    Continued: ("page", "per_page", "cursor"),
}
ENVELOPES = {Numbered: "NumberedPage", Continued: "LongPage"}


def init_app(app: Flask) -> None:
    """Serve the document and the viewer."""
    app.register_blueprint(docs)


@docs.get("/openapi.json")
@public
def document() -> ResponseReturnValue:
    """The document; made once, as it takes a while and anybody may ask for it."""
    made = current_app.extensions.get("openapi_document")
    if made is None:
        made = current_app.extensions["openapi_document"] = build()
    return jsonify(made)


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
    spec.components.schema("NumberedPage", NumberedPage)
    spec.components.schema("CursorPage", CursorPage)
    spec.components.schema("LongPage", LongPage)
    known: Known = {}
    for path in sorted({line.prefix + line.path for line in TABLE}):
        lines = [line for line in TABLE if line.prefix + line.path == path]
        operations = {line.method.lower(): _operation(spec, line, known) for line in lines}
        spec.path(path=_braces(path), operations=operations)
    return spec.to_dict()


def _braces(path: str) -> str:
    return path.replace("<int:", "{").replace("<", "{").replace(">", "}")


def _operation(spec: APISpec, line: Endpoint, known: Known) -> dict[str, Any]:
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
    if line.body is not None and line.method != "GET":
        kind = "multipart/form-data" if _has_file(line.body) else "application/json"
        keeps = line.present is not None  # then nothing has to be named
        needs = any(field.is_required() for field in line.body.model_fields.values())
        schema = _component(spec, line.body, known, is_partial=keeps)
        body = {"content": {kind: {"schema": schema}}, "required": needs and not keeps}
        operation["requestBody"] = body
    return operation


def _parameters(line: Endpoint) -> list[dict[str, Any]]:
    found = []
    for part in line.path.split("/"):
        if part.startswith("<"):
            kind, _, name = part.strip("<>").rpartition(":")
            schema = {"type": "integer" if kind == "int" else "string"}
            found.append({"name": name, "in": "path", "required": True, "schema": schema})
    if line.method == "GET" and line.body is not None:
        found += _query(line.body)
    answer: Any = get_origin(get_type_hints(line.function).get("return"))
    for name in PAGING.get(answer, ()):
        schema = TEXT if name == "cursor" else WHOLE
        found.append({"name": name, "in": "query", "schema": schema})
    if line.guard == "workspace":
        found.append({"name": "X-Workspace-Id", "in": "header", "schema": {"type": "integer"}})
    return found


def _query(filters: type[BaseModel]) -> list[dict[str, Any]]:
    """The fields of a schema as query parameters."""
    schema = filters.model_json_schema(ref_template=REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]


def _has_file(body: type[BaseModel]) -> bool:
    return any(field.annotation is FileStorage for field in body.model_fields.values())


REFUSALS = {
    400: "A cursor that is none of ours, or a character that cannot be stored.",
    401: "Not signed in.",
    403: "Not allowed.",
    404: "Not there, or not yours.",
    409: "The state of things does not allow it.",
    413: "More bytes than are taken.",
    422: "The input breaks a rule.",
    429: "Too many calls.",
}


def _responses(spec: APISpec, line: Endpoint, known: Known) -> dict[str, Any]:
    responses = dict([_success(spec, line, known)])
    for status in sorted(refusals(line)):
        model = "ValidationError" if status == 422 else "Error"
        content = _json({"$ref": REF.format(model=model)})
        responses[str(status)] = {"description": REFUSALS[status], "content": content}
    return responses


def refusals(line: Endpoint) -> set[int]:
    """The statuses a call may be refused with: what follows from how the endpoint is declared."""
    writes, is_known = line.method != "GET", line.guard != "public"
    answer = get_origin(get_type_hints(line.function).get("return"))
    found = {429, *line.refuses}
    found |= {401} if is_known else set()
    found |= {403, 404} if line.permission or line.find else set()
    found |= {404} if "<" in line.path else set()
    found |= {409} if writes and is_known else set()
    found |= {413} if writes else set()
    found |= {422} if line.body is not None or (writes and line.permission) else set()
    return found | ({400} if line.body is not None or answer is Continued else set())


def _success(spec: APISpec, line: Endpoint, known: Known) -> tuple[str, dict[str, Any]]:
    """Status and answer, from what the endpoint's function says it returns."""
    answer = get_type_hints(line.function).get("return")
    if answer is NoneType:
        return "204", {"description": "Done."}
    if line.plain is not None:
        schema = _component(spec, line.plain, known)
    elif (kind := get_origin(answer)) in ENVELOPES:
        item = _component(spec, get_args(answer)[0], known)
        schema = {"allOf": [{"$ref": REF.format(model=ENVELOPES[kind])}, _data_of(_array(item))]}
    elif answer is Response:
        binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        return "200", {"description": "The file.", "content": binary}
    elif answer is Plain:
        return str(line.status), {"description": "Done.", "content": _json({"type": "object"})}
    else:
        schema = _data_of(_component(spec, answer, known))
    return str(line.status), {"description": "Done.", "content": _json(schema)}


def _data_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": ["data"], "properties": {"data": schema}}


def _array(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _component(
    spec: APISpec, shape: Any, known: Known, *, is_partial: bool = False
) -> dict[str, Any]:
    """The shape of a type; named ones are added to the components once and referred to.

    Errors: ValueError when two types of one name are different.
    """
    if get_origin(shape) in {Union, UnionType} and len(get_args(shape)) == 2:
        shape = get_args(shape)[0]  # `X | None`: nothing to show is a 204
    if get_origin(shape) is list:
        return _array(_component(spec, get_args(shape)[0], known))
    mode: Literal["validation", "serialization"] = (
        "validation" if _is_input(shape) else "serialization"
    )
    schema = TypeAdapter(shape).json_schema(ref_template=REF, mode=mode)
    definitions = schema.pop("$defs", {})
    if is_partial:
        schema.pop("required", None)
    if is_named := hasattr(shape, "__name__") and get_origin(shape) is None:
        definitions[shape.__name__] = schema
    for name, definition in definitions.items():
        if known.setdefault(name, definition) != definition:
            raise ValueError(f"two shapes are called {name}")
        if name not in spec.components.schemas:
            spec.components.schema(name, definition)
    return {"$ref": REF.format(model=shape.__name__)} if is_named else schema


def _is_input(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, BaseModel)
