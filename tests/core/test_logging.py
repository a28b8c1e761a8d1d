"""Nothing secret and nobody's address reaches the log."""

import io
import logging as stdlib_logging

import structlog

from app.core import logging


def test_secrets_and_addresses_are_taken_out_at_any_depth():
    line = {
        "smtp_password": "geheim",
        "nested": {"refresh_token": "r", "list": [{"X-Api-Key": "k"}]},
        "note": "mail to ada@example.test failed",
        "count": 3,
    }
    assert logging.redact(line) == {
        "smtp_password": "[redacted]",
        "nested": {"refresh_token": "[redacted]", "list": [{"X-Api-Key": "[redacted]"}]},
        "note": "mail to [address] failed",
        "count": 3,
    }


def test_lines_of_libraries_pass_the_same_processors(app):
    handler = stdlib_logging.root.handlers[0]
    stream, handler.stream = handler.stream, io.StringIO()
    level = stdlib_logging.root.level
    stdlib_logging.root.setLevel("INFO")
    try:
        structlog.get_logger("t").info("sent", token="abc", to="ada@example.test")
        stdlib_logging.getLogger("library").warning("hello to bob@example.test")
        text = handler.stream.getvalue()
    finally:
        handler.stream = stream
        stdlib_logging.root.setLevel(level)
    assert "abc" not in text
    assert "@example.test" not in text
    assert "[address]" in text
    assert "hello" in text
