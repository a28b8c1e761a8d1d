"""`_method`: how a form or an upload says PUT, PATCH or DELETE. Laravel's rules, as WSGI.

Honoured on POST only: the header `X-HTTP-Method-Override` first, then the body, then the query.
"""

import io
import json
from typing import Any
from urllib.parse import parse_qs

from werkzeug.formparser import parse_form_data

ALLOWED = frozenset({"PUT", "PATCH", "DELETE"})
LARGEST_BODY = 8 * 1024 * 1024
PREFIXES = ("/api/",)


class MethodOverride:
    """Rewrites REQUEST_METHOD of calls to the JSON door before they are routed."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Pass the request on, perhaps under another method."""
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].startswith(PREFIXES):
            wanted = (_from_header(environ) or _from_body(environ) or _from_query(environ)).upper()
            if wanted in ALLOWED:
                environ["REQUEST_METHOD"] = wanted
        return self.application(environ, start_response)


def _from_header(environ: dict[str, Any]) -> str:
    return str(environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", ""))


def _from_query(environ: dict[str, Any]) -> str:
    return parse_qs(environ.get("QUERY_STRING", "")).get("_method", [""])[-1]


def _from_body(environ: dict[str, Any]) -> str:
    """Look into a body of bounded size and put it back."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return ""
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if not 0 < length <= LARGEST_BODY:
        return ""
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    if kind.endswith(("/json", "+json")):
        return _from_json(body)
    if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return _from_form(environ, body)
    return ""


def _from_form(environ: dict[str, Any], body: bytes) -> str:
    _stream, form, files = parse_form_data({**environ, "wsgi.input": io.BytesIO(body)})
    for file in files.values():
        file.close()
    values = form.getlist("_method")
    return values[-1] if values else ""


def _from_json(body: bytes) -> str:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    value = data.get("_method") if isinstance(data, dict) else None
    return value if isinstance(value, str) else ""
