"""Input as PHP reads it, against PHP's own golden output."""

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from app.api.php_input import clean, parse_pairs

GOLDEN = Path(__file__).parent / "golden" / "php_input_golden.txt"


def golden_lines() -> list[tuple[str, dict]]:
    lines = []
    for line in GOLDEN.read_text().splitlines():
        query, brace, body = line.partition("{")
        if brace and "=>" not in query and query.strip():
            lines.append((query.strip(), json.loads(brace + body)))
    return lines


@pytest.mark.parametrize(("query", "expected"), golden_lines())
def test_golden(query, expected):
    pairs = parse_qsl(query, keep_blank_values=True)
    assert parse_pairs(pairs) == expected


def test_all_golden_lines_are_read():
    assert len(golden_lines()) == 14


def test_text_is_trimmed_but_passwords_are_not():
    secrets = {"password": " secret ", "password_current": " old ", "password_smtp": " s "}
    given = {"name": " \ufeffAda ", **secrets, "note": "  ", "tags": [" a ", ""]}
    assert clean(given) == {
        "name": "Ada",
        **secrets,
        "note": None,
        "tags": ["a", None],
    }


def test_too_many_variables_are_cut_off():
    assert len(parse_pairs([(f"v{i}", "1") for i in range(2000)])) == 1000


def test_parts_without_a_name_are_left_out():
    assert parse_pairs([(None, "x"), ("a", "1")]) == {"a": "1"}


def test_deep_nesting_is_dropped():
    assert parse_pairs([("a" + "[x]" * 100, "1")]) == {}
