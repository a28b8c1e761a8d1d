"""The one decorator of the JSON door: guard → find → parse → validate → call → serialise.

Refusals come in Laravel's order: 401, 429, 404, 403, 422. Endpoints are collected in a table,
which is also what the OpenAPI document is made from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError

from app.api import access, errors
from app.api.method import MethodOverride
from app.api.paginator import Links, PageRequest, cursor_page, numbered_page, page_request
from app.api.php_input import Tree, read_input
from app.api.wording import laravel_errors, seen_problems, unseen_problems
from app.core import permissions
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.paging import Page
from app.core.settings import settings

Function = TypeVar("Function", bound=Callable[..., Any])
Item = TypeVar("Item")
Guard = Literal["public", "signed_in", "workspace"]


@dataclass(frozen=True)
class Endpoint:
    """One line of the table."""

    method: str
    path: str
    function: Callable[..., Any]
    guard: Guard
    permission: str | None
    find: Mapping[str, Callable[..., Any]]
    body: type[BaseModel] | None
    present: Callable[..., Tree] | None
    array: str | None
    status: int
    plain: Any
    summary: str
    tag: str
    prefix: str
    refuses: tuple[int, ...]

    @property
    def name(self) -> str:
        """The Flask endpoint's name."""
        return f"{self.tag}_{self.function.__name__}"


@dataclass(frozen=True)
class Numbered(Generic[Item]):
    """An endpoint's answer: one numbered page of a list."""

    items: list[Any]
    total: int
    asked: PageRequest
    to_json: Callable[[Any], Item]


@dataclass(frozen=True)
class Continued(Generic[Item]):
    """An endpoint's answer: one page of a long list, numbered, or continued by a cursor."""

    found: Page[Any]
    count: Callable[[], int]
    asked: PageRequest
    to_json: Callable[[Any], Item]


@dataclass(frozen=True)
class Plain:
    """An endpoint's answer that is not wrapped in `data`."""

    body: Any
    status: int = 200


TABLE: list[Endpoint] = []


def endpoint(
    method: str,
    path: str,
    *,
    permission: str | None = None,
    guard: Guard | None = None,
    find: Mapping[str, Callable[..., Any]] | None = None,
    body: type[BaseModel] | None = None,
    present: Callable[..., Tree] | None = None,
    array: str | None = None,
    status: int = 200,
    plain: Any = None,
    summary: str = "",
    prefix: str = "/api",
    refuses: tuple[int, ...] = (),
) -> Callable[[Function], Function]:
    """Declare an endpoint of the JSON door.

    `permission` guards it inside the workspace; without one, `guard` is `signed_in` or `public`.
    With `signed_in` and a permission, `find` enters the workspace that the path names.
    `find` maps an id in the path (`<int:campaign_id>`) to the function that loads it, which is also
    given what stands before it in the path; the view gets the object under the name without `_id`.
    Every id is looked up before the permission is asked for and the input is looked at. `body` is the schema of the input, given as
    `value`; `present` tells (from what was found) the values as they are, which stay where the call
    names none. `array` names the field that a bare JSON array fills. The view returns something
    JSON-able (wrapped in `data`), Numbered, Continued, Plain, a Response, or None (204); its
    annotation describes the answer in the document, `plain` the body of one not wrapped, `refuses`
    the statuses of refusals that do not follow from the rest.
    """

    def register(function: Function) -> Function:
        chosen: Guard = guard or ("workspace" if permission else "signed_in")
        tag = path.strip("/").split("/")[0]
        words = summary or (function.__doc__ or "").strip().split("\n")[0]
        TABLE.append(
            Endpoint(
                *(method, path, function, chosen, permission, find or {}, body, present, array),
                *(status, plain, words, tag, prefix, refuses),
            )
        )
        return function

    return register


def init_app(app: Flask) -> None:
    """Turn the table into routes. Called after the rooms' `api.py` were imported."""
    errors.init_app(app)
    access.init_app(app)
    app.wsgi_app = MethodOverride(app.wsgi_app)  # type: ignore[method-assign]
    for name, prefix in (("api", "/api"), ("oauth", "/oauth")):
        blueprint = Blueprint(name, __name__, url_prefix=prefix)
        for line in TABLE:
            if line.prefix == prefix:
                _add(blueprint, line)
        app.register_blueprint(blueprint)


def _add(blueprint: Blueprint, line: Endpoint) -> None:
    def view(**ids: Any) -> ResponseReturnValue:
        return answer(line, ids)

    view.access = (line.guard, line.permission)  # type: ignore[attr-defined]
    blueprint.add_url_rule(line.path, line.name, view, methods=[line.method])


def answer(line: Endpoint, ids: dict[str, Any]) -> ResponseReturnValue:
    """Serve one call: every step of the door, in order."""
    if line.guard != "public":
        access.identify()
    access.throttle()
    data = read_input(request)  # only now: a stranger's body may be large
    if line.guard == "workspace":
        access.enter_workspace(data)
    found = _find(line, ids)
    if line.permission and not permissions.can(line.permission):
        raise Forbidden
    g.api_input = data
    if line.body is not None:
        kept = line.present(**found) if line.present else {}
        found["value"] = validate(line.body, _shape({**kept, **data}, line))
    return _serialise(line, line.function(**found))


def _find(line: Endpoint, ids: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in ids.items():
        if isinstance(value, int) and value > access.LARGEST_ID:
            raise NotFound
        if load := line.find.get(name):
            found[name.removesuffix("_id")] = load(value, *found.values())
        else:
            found[name] = value
    return found


def _shape(data: Tree, line: Endpoint) -> Tree:
    return {**data, line.array: data[""]} if line.array and "" in data else data


def validate(schema: type[BaseModel], data: Tree) -> BaseModel:
    """The input as the schema wants it. Errors: Invalid, in Laravel's words and order."""
    unseen = unseen_problems(data, schema)
    try:
        value = schema.model_validate(_without_absent(data))
    except ValidationError as error:
        raise Invalid(laravel_errors([*seen_problems(error), *unseen], schema)) from error
    if unseen:
        raise Invalid(laravel_errors(unseen, schema))
    return value


def _without_absent(data: Any) -> Any:
    """An empty value (null after trimming) counts as absent, so that defaults apply."""
    if isinstance(data, dict):
        return {k: _without_absent(v) for k, v in data.items() if v is not None}
    if isinstance(data, list):
        return [_without_absent(v) for v in data]
    return data


def _serialise(line: Endpoint, result: Any) -> ResponseReturnValue:
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(status=204)
    if isinstance(result, Plain):
        return _json(result.body, result.status)
    if isinstance(result, Numbered):
        body = numbered_page(result.items, result.total, result.asked, links(), result.to_json)
        return _json(body, 200)
    if isinstance(result, Continued):
        return _json(_long_page(result), 200)
    return _json({"data": result}, line.status)


def _long_page(result: Continued[Any]) -> dict[str, Any]:
    """Who names no cursor counts pages, and may go on by the cursor of any of them."""
    items, cursor = result.found.items, result.found.next_cursor
    if result.asked.cursor is not None:
        return cursor_page(items, cursor, result.asked, links(), result.to_json)
    body = numbered_page(items, result.count(), result.asked, links(), result.to_json)
    body["meta"]["next_cursor"] = cursor
    return body


def _json(body: Any, status: int) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def links() -> Links:
    """Addresses of this list's pages, from the public origin, never from the Host header."""
    query = {k: v for k, v in request.args.to_dict(flat=False).items() if k != "workspace_id"}
    return Links(settings.public_url + request.path, query)


def asked_page() -> PageRequest:
    """The page this call asks for."""
    return page_request(g.api_input)


def numbered(rows: Sequence[Any], to_json: Callable[[Any], Item]) -> Numbered[Item]:
    """The page this call asks for, of a short list that is at hand whole."""
    page = asked_page()
    part = list(rows[page.offset : page.offset + page.per_page])
    return Numbered(part, len(rows), page, to_json)


def continued(
    found: Page[Any], count: Callable[[], int], to_json: Callable[[Any], Item]
) -> Continued[Item]:
    """The page this call asks for, of a long list; it is counted only for numbered pages."""
    return Continued(found, count, asked_page(), to_json)


def asked(name: str) -> Any:
    """One raw input value of this call, such as a filter; None when absent."""
    return g.api_input.get(name)
