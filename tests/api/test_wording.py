"""Validation errors in Laravel's words, against Laravel's golden output."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, HttpUrl, ValidationInfo, field_validator, model_validator

from app.api.door import validate
from app.api.php_input import clean
from app.api.wording import summary
from app.auth.schemas import Address
from app.campaigns.schemas import ClockTime
from app.core.errors import Invalid

GOLDEN = Path(__file__).parent / "golden" / "laravel10_validator_golden.txt"
LINES = GOLDEN.read_text().splitlines()
CASES = {name.strip(): answer.strip() for name, answer in zip(LINES[::2], LINES[1::2], strict=True)}


def golden(name: str) -> dict:
    return json.loads(CASES[name].removeprefix("PASS "))


def refused(schema: type[BaseModel], data: dict) -> dict:
    with pytest.raises(Invalid) as caught:
        validate(schema, data)
    return {"message": summary(caught.value.errors), "errors": caught.value.errors}


class Register(BaseModel):
    name: str
    email: Address
    password: Annotated[str, Field(min_length=8)]
    password_confirmation: str = ""


class OnlyEmail(BaseModel):
    email: Address


class Lead(BaseModel):
    email: Address
    first_name: str


class Leads(BaseModel):
    leads: Annotated[list[Lead], Field(min_length=3)]


class Settings(BaseModel):
    daily_limit: int
    timeZone: str  # noqa: N815 - the golden answer is about this spelling


class Nested(BaseModel):
    settings: Settings


class Active(BaseModel):
    active: bool


class Run(BaseModel):
    status: Literal["draft"]
    start_date: date
    end_date: Annotated[date, Field(ge=date(2026, 1, 1))]


class Shift(BaseModel):
    start_time: ClockTime
    end_time: ClockTime

    @field_validator("end_time")
    @classmethod
    def after_the_start(cls, value: str, info: ValidationInfo) -> str:
        if value <= info.data.get("start_time", "24:00"):  # an unreadable start has no after
            raise ValueError("after:start_time")
        return value


class Limits(BaseModel):
    daily_limit: Annotated[int, Field(le=500)]
    per_page: Annotated[int, Field(ge=1)]


class Ids(BaseModel):
    ids: list[int]


class Camel(BaseModel):
    firstName: str  # noqa: N815
    URLField: str


class Note(BaseModel):
    note: Annotated[str, Field(max_length=255)]


class Addresses(BaseModel):
    a: Address | None = None
    b: Address | None = None


class Pages(BaseModel):
    v: HttpUrl
    w: HttpUrl


class Key(BaseModel):
    u: UUID


class Some(BaseModel):
    a: Annotated[list[str], Field(min_length=1)] = ["x"]


BAD_PERSON = {"email": "nope", "name": "Ada", "password": "abc", "password_confirmation": "abd"}
BAD_LEADS = {"leads": [{"email": "nope"}, {"first_name": "Ada"}]}
BAD_RUN = {"status": "x", "start_date": "soon", "end_date": "2025-12-31"}
REFUSED = {
    "register empty": (Register, {}),
    "register bad": (Register, BAD_PERSON),
    "one error": (OnlyEmail, {}),
    "nested wildcard": (Leads, BAD_LEADS),
    "literal dotted": (Nested, {"settings": {"daily_limit": "many"}}),
    'boolean "true"': (Active, {"active": "true"}),
    "in/exists": (Run, BAD_RUN),
    "date_format+after other": (Shift, {"start_time": "9 o'clock", "end_time": "08:00"}),
    "integer ranges": (Limits, {"daily_limit": "501", "per_page": "0"}),
    "array not array": (Ids, {"ids": "1,2"}),
    "camelCase": (Camel, {}),
    "max:0 string numeric-like": (Note, {"note": "1" * 256}),
    "email edge": (Addresses, {"a": "Ünï@example.com", "b": "nope"}),
    "url": (Pages, {"v": "example", "w": "//example.com"}),
    "uuid": (Key, {"u": "1234"}),
    "sometimes present": (Some, {"a": []}),
}

# What passes. Laravel hands on the text that came, we the value it stands for.
PASSED = {
    'boolean "1"': (Active, {"active": "1"}, {"active": True}),
    "nullable": (Addresses, {"a": None, "b": ""}, {"a": None, "b": None}),
}

# Rules that no input of this project uses.
UNUSED = {
    "required_if": "no field is required by the value of another one",
    "required_with": "no field is required by the presence or absence of another one",
    "distinct": "a value that is named twice in a list counts once",
}


def test_every_golden_case_is_accounted_for():
    assert len(CASES) == 21
    handled = [*REFUSED, *PASSED, *UNUSED]
    assert sorted(handled) == sorted(CASES)


@pytest.mark.parametrize("case", REFUSED)
def test_golden_refusals(case):
    schema, data = REFUSED[case]
    answer = refused(schema, data)
    assert answer == golden(case)
    assert list(answer["errors"]) == list(golden(case)["errors"])


@pytest.mark.parametrize("case", PASSED)
def test_golden_passes(case):
    schema, data, value = PASSED[case]
    assert CASES[case].startswith("PASS ")
    assert golden(case) == data
    assert validate(schema, clean(data)).model_dump() == value


def test_errors_that_pydantic_does_not_see_stand_in_laravels_order():
    class Rules(BaseModel):
        active: bool
        limit: int

    answer = refused(Rules, {"active": "true", "limit": "many"})
    assert list(answer["errors"]) == ["active", "limit"]
    assert answer["message"] == "The active field must be true or false. (and 1 more error)"


def test_boolean_zero_passes():
    assert validate(Active, {"active": 0}).active is False


def test_days_have_bounds_in_words_of_days():
    class Span(BaseModel):
        a: Annotated[date, Field(gt=date(2026, 1, 1))]
        b: Annotated[date, Field(lt=date(2026, 1, 1))]
        c: Annotated[date, Field(le=date(2026, 1, 1))]

    answer = refused(Span, {"a": "2026-01-01", "b": "2026-01-01", "c": "2026-01-02"})
    assert answer["errors"] == {
        "a": ["The a field must be a date after 2026-01-01."],
        "b": ["The b field must be a date before 2026-01-01."],
        "c": ["The c field must be a date before or equal to 2026-01-01."],
    }


def test_a_rule_over_several_fields_keeps_its_sentence():
    class Window(BaseModel):
        start: int
        end: int

        @model_validator(mode="after")
        def in_order(self) -> "Window":
            if self.end <= self.start:
                raise ValueError("The end field must be after start.")
            return self

    answer = refused(Window, {"start": 2, "end": 1})
    assert answer["message"] == "The end field must be after start."
