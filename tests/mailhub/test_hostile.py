"""Mail made to keep a worker busy: read in seconds, whatever stands in it."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("unit", ["&", "&a", "& ", "&lt;"])
@pytest.mark.parametrize(
    "code",
    [
        "from app.mailhub.html import sanitise; sanitise(text)",
        "from app.sync.parse.html_text import html_to_text; html_to_text(text)",
    ],
)
def test_two_million_letters_are_read_in_time(unit, code):
    """Quadratic, this takes minutes; the child process is given one."""
    text = f"text = {unit!r} * (2_000_000 // {len(unit)});"
    subprocess.run([sys.executable, "-c", text + code], check=True, timeout=60)


def test_quotes_with_a_word_below_are_looked_at_once():
    """Each quote looked at all lines below it: minutes for long lines of blanks."""
    code = (
        "from app.mailhub.quoted import split_quoted;"
        "split_quoted('own\\n' + ('>' + '\\n' + ' ' * 20_000 + '\\n') * 1_900 + 'end')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
