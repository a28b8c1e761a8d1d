"""Input as PHP and Laravel read it: brackets nest, the last value wins, text is trimmed.

Facts: PHP's `parse_str` and Laravel's TrimStrings and ConvertEmptyStringsToNull. Used by the JSON
door only.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from flask import Request
from werkzeug.datastructures import FileStorage

MAX_VARIABLES = 1000
MAX_JSON = 8 * 1024 * 1024  # and of a form without files
MAX_DIGITS = 18
MAX_DEPTH = 64
KEPT_AS_TYPED = re.compile(r"password|password_\w+|current_password")
INVISIBLE = "\ufeff\u200b\u200e\u200f\u2060 \t\n\r\0\x0b\xa0"
BRACKET = re.compile(r"\[([^\]]*)\]")

Tree = dict[str, Any]


def parse_pairs(pairs: Iterable[tuple[str | None, Any]]) -> Tree:
    """Nest flat pairs: `filter[tag][]=x` becomes {"filter": {"tag": ["x"]}}. A part of a multipart
    body that has no name is left out."""
    root: Tree = {}
    for count, (name, value) in enumerate(pairs):
        if count >= MAX_VARIABLES:
            break
        path = split_name(name or "")
        if path and len(path) <= MAX_DEPTH:
            _place(root, path, value)
    return {name: _as_lists(value) for name, value in root.items()}


def split_name(name: str) -> list[str]:
    """The path a field name means; `[]` is an empty part. Dots and spaces become underscores."""
    name = name.lstrip(" ")
    head, bracket, rest = name.partition("[")
    if not head:
        return []
    closed, end, _ = rest.rpartition("]")
    if bracket and not end:
        return [_plain(head + "_" + rest)]
    # Behind the last "]" nothing can match, and looking for it there is quadratic.
    parts = BRACKET.findall(bracket + closed + end) if bracket else []
    return [_plain(head), *parts]


def _plain(name: str) -> str:
    return name.replace(".", "_").replace(" ", "_")


def _place(root: Tree, path: list[str], value: Any) -> None:
    node = root
    for part in path[:-1]:
        child = node.get(part) if part else None
        key = part or str(_next_index(node))
        if not isinstance(child, dict):
            child = node[key] = {}
        node = child
    last = path[-1] if path[-1] or len(path) == 1 else str(_next_index(node))
    node[last] = value


def _next_index(node: Tree) -> int:
    numbers = [int(key) for key in node if key.isdecimal() and len(key) <= MAX_DIGITS]
    return max(numbers, default=-1) + 1


def _as_lists(value: Any) -> Any:
    """A PHP array whose keys are 0..n-1 is a list in JSON."""
    if not isinstance(value, dict):
        return value
    children = {key: _as_lists(child) for key, child in value.items()}
    if list(children) == [str(i) for i in range(len(children))]:
        return list(children.values())
    return children


def clean(value: Any, name: str = "") -> Any:
    """Trim every text (not passwords) and turn empty ones into None, at any depth."""
    if isinstance(value, dict):
        return {key: clean(child, key) for key, child in value.items()}
    if isinstance(value, list):
        return [clean(child, name) for child in value]
    if isinstance(value, str):
        text = value if KEPT_AS_TYPED.fullmatch(name) else value.strip(INVISIBLE)
        return text or None
    return value


def read_input(request: Request) -> Tree:
    """Query, body and files as one tree; the body wins over the query.

    Errors: RequestEntityTooLarge for a body beyond the limit.
    """
    query = parse_pairs(_query_pairs(request))
    try:
        return clean({**query, **_body(request)})
    except RecursionError:  # nested deeper than anything that is meant
        return clean(query)


def _query_pairs(request: Request) -> list[tuple[str, str]]:
    return list(request.args.items(multi=True))


def _body(request: Request) -> Tree:
    if request.mimetype != "multipart/form-data":
        request.max_content_length = MAX_JSON  # uploads may be larger
    if request.mimetype.endswith(("/json", "+json")):
        return _json_body(request)
    fields = list(request.form.items(multi=True))
    files: list[tuple[str, FileStorage]] = list(request.files.items(multi=True))
    return parse_pairs([*fields, *files])


def _json_body(request: Request) -> Tree:
    """Malformed JSON is empty input; validation then says what is missing."""
    try:
        data = json.loads(request.get_data(cache=True) or b"{}")
    except (ValueError, RecursionError):
        return {}
    if isinstance(data, list):
        return {"": data}
    return data if isinstance(data, dict) else {}
