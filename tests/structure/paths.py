"""Real addresses for the rules of the URL map."""

import re
from collections.abc import Mapping

from werkzeug.routing import Rule

PARAMETER = re.compile(r"<(?:(?P<kind>[a-z]+)(?:\((?P<choices>[^)]*)\))?:)?(?P<name>\w+)>")


def fill(rule: Rule, values: Mapping[str, object]) -> str:
    """The rule's address with real values; a choice takes its first option.

    A parameter nobody gave a value for is an error: a new route needs a row to look at.
    """

    def value(found: re.Match[str]) -> str:
        if found["choices"]:
            return found["choices"].split(",")[0].strip()
        return str(values[found["name"]])

    return PARAMETER.sub(value, rule.rule)


def methods(rule: Rule) -> list[str]:
    """The rule's methods but the two that Flask adds."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
