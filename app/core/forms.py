"""Forms of the page door: HTML fields through a pydantic schema, errors by field."""

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Generic, TypeVar, get_args, get_origin

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.core.errors import Invalid

Schema = TypeVar("Schema", bound=BaseModel)
UNTRIMMED = ("password",)

SENTENCES = {
    "missing": "Please fill this in.",
    "string_too_short": "Please use at least {min_length} characters.",
    "string_too_long": "Please use at most {max_length} characters.",
    "int_parsing": "Please enter a whole number.",
    "int_from_float": "Please enter a whole number.",
    "float_parsing": "Please enter a number.",
    "bool_parsing": "Please choose yes or no.",
    "greater_than_equal": "Please enter {ge} or more.",
    "greater_than": "Please enter more than {gt}.",
    "less_than_equal": "Please enter {le} or less.",
    "less_than": "Please enter less than {lt}.",
    "literal_error": "Please choose one of the options.",
    "enum": "Please choose one of the options.",
    "datetime_from_date_parsing": "Please enter a date and time.",
    "date_from_datetime_parsing": "Please enter a date.",
    "too_short": "Please choose at least {min_length}.",
    "too_long": "Please choose at most {max_length}.",
    "string_pattern_mismatch": "That does not look right.",
}


@dataclass
class Form(Generic[Schema]):
    """A submitted (or empty) form: raw data to refill it, the value, or errors by field."""

    data: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    _value: Schema | None = None

    @property
    def ok(self) -> bool:
        """Whether the input passed."""
        return self._value is not None and not self.errors

    @property
    def value(self) -> Schema:
        """The validated input. Errors: Invalid when there is none."""
        if self._value is None:
            raise Invalid(self.errors)
        return self._value

    def get(self, name: str, default: Any = "") -> Any:
        """What the person typed, to show it again."""
        return self.data.get(name, default)

    def fail(self, name: str, sentence: str) -> None:
        """Add an error found after validation."""
        self.errors.setdefault(name, []).append(sentence)


def sentence_for(error: ErrorDetails) -> str:
    """What to tell a person about one pydantic error."""
    if error["type"] in {"value_error", "assertion_error"}:
        return str(error.get("ctx", {}).get("error", error["msg"]))
    template = SENTENCES.get(error["type"])
    return template.format(**error.get("ctx", {})) if template else "Please check this."


def errors_by_field(error: ValidationError) -> dict[str, list[str]]:
    """Sentences by dotted field name; rules over several fields stand under `form`."""
    found: dict[str, list[str]] = {}
    for detail in error.errors():
        name = ".".join(str(part) for part in detail["loc"]) or "form"
        found.setdefault(name, []).append(sentence_for(detail))
    return found


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) is list:
        return True
    return any(get_origin(part) is list for part in get_args(annotation))


def _is_bool(annotation: Any) -> bool:
    return annotation is bool


def read_fields(schema: type[BaseModel]) -> dict[str, Any]:
    """The request's form fields as the schema expects them.

    Text is trimmed (passwords are not), an empty field counts as absent, an unticked box as
    false, and a list field takes all its values.
    """
    raw: dict[str, Any] = {}
    for name, info in schema.model_fields.items():
        if _is_list(info.annotation):
            raw[name] = [v.strip() for v in request.form.getlist(name) if v.strip()]
            continue
        text = request.form.get(name, "")
        text = text if name.startswith(UNTRIMMED) else text.strip()
        if text:
            raw[name] = text
        elif _is_bool(info.annotation):
            raw[name] = False
    return raw


def read_lines(*names: str) -> list[dict[str, str]]:
    """Fields that repeat line by line, as one record a line. What is empty is absent, and so is a
    line without anything."""
    columns = [[value.strip() for value in request.form.getlist(name)] for name in names]
    lines = [zip(names, values, strict=True) for values in zip_longest(*columns, fillvalue="")]
    records = [{name: value for name, value in line if value} for line in lines]
    return [record for record in records if record]


def parse_form(schema: type[Schema], **given: Any) -> Form[Schema]:
    """Validate the request's form with `schema`; never raises for bad input. `given` are fields
    the view has read itself."""
    raw = read_fields(schema) | given
    form: Form[Schema] = Form(data=raw)
    try:
        form._value = schema.model_validate(raw)
    except ValidationError as error:
        form.errors = errors_by_field(error)
    return form
