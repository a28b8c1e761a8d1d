"""Validation errors in Laravel 10's words: the only translation of pydantic's errors.

Facts: the language file and the validator of Laravel 10; golden answers in tests/api/golden.
"""

import re
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

Errors = dict[str, list[str]]
Location = tuple[int | str, ...]
Problem = tuple[Location, str]  # where, and the sentence
WHOLE = "form"  # where a rule over several fields is reported, as on the pages
TRUE_OR_FALSE = (True, False, 1, 0, "1", "0")


def _count(unit: str) -> Callable[[str, dict[str, Any]], str]:
    def sentence(name: str, ctx: dict[str, Any]) -> str:
        return f"The {name} field {unit.format(**ctx)}"

    return sentence


SENTENCES: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "missing": _count("is required."),
    "string_type": _count("must be a string."),
    "string_too_short": _count("must be at least {min_length} characters."),
    "string_too_long": _count("must not be greater than {max_length} characters."),
    "string_pattern_mismatch": _count("format is invalid."),
    "int_type": _count("must be an integer."),
    "int_parsing": _count("must be an integer."),
    "int_from_float": _count("must be an integer."),
    "int_parsing_size": _count("must be an integer."),
    "float_type": _count("must be a number."),
    "float_parsing": _count("must be a number."),
    "bool_type": _count("must be true or false."),
    "bool_parsing": _count("must be true or false."),
    "greater_than_equal": _count("must be at least {ge}."),
    "greater_than": _count("must be greater than {gt}."),
    "less_than_equal": _count("must not be greater than {le}."),
    "less_than": _count("must be less than {lt}."),
    "greater_than_equal_date": _count("must be a date after or equal to {ge}."),
    "greater_than_date": _count("must be a date after {gt}."),
    "less_than_equal_date": _count("must be a date before or equal to {le}."),
    "less_than_date": _count("must be a date before {lt}."),
    "after": _count("must be a date after {other}."),
    "after_or_equal": _count("must be a date after or equal to {other}."),
    "list_type": _count("must be an array."),
    "dict_type": _count("must be an array."),
    "model_type": _count("must be an array."),
    "model_attributes_type": _count("must be an array."),
    "too_short": _count("must have at least {min_length} items."),
    "too_long": _count("must not have more than {max_length} items."),
    "date_type": _count("must be a valid date."),
    "date_parsing": _count("must be a valid date."),
    "date_from_datetime_parsing": _count("must be a valid date."),
    "date_from_datetime_inexact": _count("must be a valid date."),
    "datetime_type": _count("must be a valid date."),
    "datetime_parsing": _count("must be a valid date."),
    "datetime_from_date_parsing": _count("must be a valid date."),
    "time_parsing": _count("must match the format H:i."),
    "url_parsing": _count("must be a valid URL."),
    "url_type": _count("must be a valid URL."),
    "uuid_parsing": _count("must be a valid UUID."),
    "is_instance_of": _count("must be a file."),
    "email": _count("must be a valid email address."),
    "confirmed": _count("confirmation does not match."),
    "literal_error": lambda name, _ctx: f"The selected {name} is invalid.",
    "enum": lambda name, _ctx: f"The selected {name} is invalid.",
}

# Sentences that our own schemas say to people, and the Laravel rule they stand for; behind the
# colon the field that the rule compares with.
HOUSE_SENTENCES = {
    "Please enter a valid email address.": "email",
    "Please enter an email address such as ann@example.com.": "email",
    "Please choose one of the options.": "enum",
    "Please choose one of the time zones.": "enum",
    "Please choose a time zone from the list.": "enum",
    "The two passwords are not the same.": "confirmed",
    "Please write times like 08:30.": "time_parsing",
    "A window must end after it starts, on the same day.": "after:start",
    "The last day lies before the first.": "after_or_equal:starts_on",
}


def attribute_name(location: Location) -> str:
    """What Laravel calls a field: words for literal rules, the raw key for wildcard ones."""
    key = dotted(location)
    if any(isinstance(part, int) for part in location):
        return key
    snake = re.sub(r"(?<=.)(?=[A-Z])", "_", key).lower()
    return snake.replace("_", " ")


def dotted(location: Location) -> str:
    """`leads.0.email`."""
    return ".".join(str(part) for part in location)


def laravel_errors(problems: Iterable[Problem], schema: type[BaseModel]) -> Errors:
    """Every message by dotted field, in the order in which Laravel runs its rules."""
    found: Errors = {}
    for location, sentence in sorted(problems, key=lambda one: _rule_order(one[0], schema)):
        texts = found.setdefault(dotted(location) or WHOLE, [])
        if sentence not in texts:
            texts.append(sentence)
    return found


def seen_problems(error: ValidationError) -> list[Problem]:
    """What pydantic found, in Laravel's words."""
    details = [d for d in error.errors() if d["loc"] or d["type"] == "value_error"]
    places = [_reported_at(detail) for detail in details]
    return [(at, sentence_for(detail, at)) for detail, at in zip(details, places, strict=True)]


def _reported_at(detail: ErrorDetails) -> Location:
    """Laravel reports a confirmation that differs on the field itself."""
    location = detail["loc"]
    if location and str(location[-1]).endswith("_confirmation") and _rule(detail) == "confirmed":
        return (*location[:-1], str(location[-1]).removesuffix("_confirmation"))
    return location


def _rule(detail: ErrorDetails) -> str:
    """The Laravel rule behind a pydantic error."""
    if detail.get("input", "") is None:
        return "missing"  # an empty value fails `required` before any other rule
    if detail["type"] not in {"value_error", "assertion_error"}:
        return detail["type"]
    words = str(detail.get("ctx", {}).get("error", detail["msg"]))
    return HOUSE_SENTENCES.get(words, words)


def sentence_for(detail: ErrorDetails, location: Location) -> str:
    """One pydantic error as Laravel would say it; a rule of our own keeps its own words."""
    name, rule, ctx = attribute_name(location), _rule(detail), dict(detail.get("ctx", {}))
    is_of_days = any(isinstance(limit, str) for limit in ctx.values())  # numbers stay numbers
    base, _, other = rule.partition(":")
    ctx["other"] = attribute_name((*location[:-1], other))
    if sentence := (is_of_days and SENTENCES.get(f"{base}_date")) or SENTENCES.get(base):
        return sentence(name, ctx)
    is_own = detail["type"] in {"value_error", "assertion_error"}
    return rule if is_own else f"The {name} field is invalid."


def _rule_order(location: Location, schema: type[BaseModel]) -> tuple[Any, ...]:
    """Rules run in the order of the fields; a wildcard rule runs over all items before the next."""
    order: list[int] = []
    current: Any = schema
    for part in location:
        if isinstance(part, int):
            continue
        fields = list(current.model_fields) if _is_schema(current) else []
        order.append(fields.index(part) if part in fields else len(fields))
        current = _inner(current.model_fields[part].annotation) if part in fields else None
    return tuple(order), tuple(part for part in location if isinstance(part, int))


def _is_schema(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _inner(annotation: Any) -> Any:
    """The schema inside `list[X]`, `X | None` and the like."""
    if _is_schema(annotation):
        return annotation
    for part in get_args(annotation):
        if found := _inner(part):
            return found
    return None


def unseen_problems(data: Any, schema: type[BaseModel], at: Location = ()) -> list[Problem]:
    """What Laravel refuses and pydantic lets pass, or does not look at behind another error."""
    found: list[Problem] = []
    if not isinstance(data, dict):
        return found
    for name, value, info in _present(data, schema):
        here, again = (*at, name), f"{name}_confirmation"
        typed_again = data.get(again) if again in schema.model_fields else None
        for rule, ctx in _broken_rules(value, info, typed_again):
            found.append((here, SENTENCES[rule](attribute_name(here), ctx)))
        if inner := _inner(info.annotation):
            for place, item in _items(value, here):
                found += unseen_problems(item, inner, place)
    return found


def _broken_rules(
    value: Any, info: FieldInfo, typed_again: Any
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Laravel's boolean rule takes 1, 0, "1", "0", true and false; not "true", "yes" or "on". It
    counts the items of a list also when some are bad, and compares also what is too short."""
    if _is_bool(info.annotation) and not _is_true_or_false(value):
        yield "bool_type", {}
    least = next((rule.min_length for rule in info.metadata if hasattr(rule, "min_length")), 0)
    if isinstance(value, list) and len(value) < least:
        yield "too_short", {"min_length": least}
    if isinstance(value, str) and isinstance(typed_again, str) and value != typed_again:
        yield "confirmed", {}


def _items(value: Any, at: Location) -> list[tuple[Location, Any]]:
    """What stands in a field that holds schemas, with its place."""
    if isinstance(value, list):
        return [((*at, index), item) for index, item in enumerate(value)]
    return [(at, value)]


def _is_true_or_false(value: Any) -> bool:
    return value is None or (isinstance(value, bool | int | str) and value in TRUE_OR_FALSE)


def _present(data: dict[str, Any], schema: type[BaseModel]) -> Iterator[tuple[str, Any, FieldInfo]]:
    for name, info in schema.model_fields.items():
        key = info.alias or name
        if key in data:
            yield key, data[key], info


def _is_bool(annotation: Any) -> bool:
    if get_origin(annotation) in {Union, types.UnionType}:
        return any(part is bool for part in get_args(annotation))
    return annotation is bool


def summary(errors: Errors) -> str:
    """The top message: the first error, and how many more messages there are."""
    messages: Sequence[str] = [text for texts in errors.values() for text in texts]
    if not messages:
        return "The given data was invalid."
    more = len(messages) - 1
    suffix = f" (and {more} more error{'s' if more > 1 else ''})" if more else ""
    return messages[0] + suffix
