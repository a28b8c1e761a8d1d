"""Short cuts: addresses in mails that are answered before Flask.

A picture of one point needs no session, no person, no form guard and no page; having all of them
ready for a view costs several times what storing the hit does. A short cut answers from the WSGI
environment alone, or declines with None: then the ordinary view of the same address answers, errors
included. Only for addresses that are read (GET) and guarded by nothing but their signed token.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask

from app.core import monitoring

Environ = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: status line, headers, body."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes = b""


Shortcut = Callable[[str, Environ], Answer | None]
_shortcuts: dict[str, tuple[str, Shortcut]] = {}


def register(prefix: str, endpoint: str, shortcut: Shortcut) -> None:
    """Let `shortcut` answer `<prefix>/<token>`; `endpoint` is the view behind it."""
    _shortcuts[prefix] = (endpoint, shortcut)


def take(app: Flask, environ: Environ, start_response: Any) -> list[bytes] | None:
    """Answer where a short cut does; None where Flask must."""
    prefix, _, token = environ["PATH_INFO"].rpartition("/")
    if prefix not in _shortcuts or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return None
    started = time.monotonic()
    endpoint, shortcut = _shortcuts[prefix]
    with app.app_context():
        answer = shortcut(token, environ)
    if answer is None:
        return None
    start_response(answer.status, answer.headers)
    monitoring.request_done(endpoint, int(answer.status[:3]), time.monotonic() - started)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]
