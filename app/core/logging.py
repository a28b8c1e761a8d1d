"""One line per request and per job, key=value or JSON, with ids bound and secrets taken out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from app.core.context import current_actor_var, request_id
from app.core.tenancy import current_workspace_id

SECRET = re.compile(r"pass|secret|token|key|auth|cookie|dsn|credential", re.IGNORECASE)
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
HARMLESS = frozenset({"key_id", "token_kind"})


def redact(value: Any, name: str = "") -> Any:
    """The value with secrets and mail addresses removed, at any depth."""
    if name and name not in HARMLESS and SECRET.search(name):
        return "[redacted]"
    if isinstance(value, dict):
        return {k: redact(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact(v) for v in value]
    return ADDRESS.sub("[address]", value) if isinstance(value, str) else value


def _bind(_log: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    line.setdefault("request_id", request_id.get() or None)
    line.setdefault("workspace_id", current_workspace_id.get())
    line.setdefault("actor_id", current_actor_var.get().user_id)
    return {k: v for k, v in line.items() if v is not None}


def _redact_line(
    _log: Any, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    # The event is a word of ours or a sentence of a library: no name to judge, but text to clean.
    return {k: redact(v, "" if k == "event" else k) for k, v in line.items()}


def configure(*, as_json: bool, level: str = "INFO") -> None:
    """Send every line, structlog's and the libraries', through the same processors to stderr."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _bind,
        structlog.processors.format_exc_info,
        _redact_line,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(level)
