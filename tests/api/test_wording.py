"""Validation errors in Laravel's words, against Laravel's golden output."""

import json
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, field_validator, model_validator

from app.api.door import validate
from app.api.wording import summary
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
    email: str
    password: Annotated[str, Field(min_length=8)]
    password_confirmation: str = ""

    @field_validator("email")
    @classmethod
    def is_email(cls, value: str) -> str:
        if "@" not in value:
            raise ValueError("email")
        return value


class Lead(BaseModel):
    email: str
    first_name: str

    @field_validator("email")
    @classmethod
    def is_email(cls, value: str) -> str:
        if "@" not in value:
            raise ValueError("email")
        return value


class Leads(BaseModel):
    leads: list[Lead]


class Settings(BaseModel):
    daily_limit: int
    timeZone: str  # noqa: N815 - the golden answer is about this spelling


class Nested(BaseModel):
    settings: Settings


class Active(BaseModel):
    active: bool


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


class Status(BaseModel):
    status: Literal["draft"]


def test_nothing_given():
    assert refused(Register, {}) == {
        "message": "The name field is required. (and 2 more errors)",
        "errors": {
            "name": ["The name field is required."],
            "email": ["The email field is required."],
            "password": ["The password field is required."],
        },
    }
    assert golden("register empty") == refused(Register, {})


@pytest.mark.parametrize(
    ("case", "schema", "data"),
    [
        ("literal dotted", Nested, {"settings": {"daily_limit": "many"}}),
        ('boolean "true"', Active, {"active": "true"}),
        ("integer ranges", Limits, {"daily_limit": "501", "per_page": "0"}),
        ("array not array", Ids, {"ids": "1,2"}),
        ("camelCase", Camel, {}),
        ("max:0 string numeric-like", Note, {"note": "1" * 256}),
    ],
)
def test_golden(case, schema, data):
    assert refused(schema, data) == golden(case)


def test_wildcard_rules_run_rule_by_rule():
    answer = refused(Leads, {"leads": [{"email": "nope"}, {"first_name": "Ada"}]})
    wanted = golden("nested wildcard")["errors"]
    wanted.pop("leads")
    assert list(answer["errors"].items()) == list(wanted.items())


def test_boolean_one_passes():
    assert validate(Active, {"active": "1"}).active is True
    assert validate(Active, {"active": 0}).active is False


def test_unknown_choice():
    assert refused(Status, {"status": "x"})["errors"] == {
        "status": ["The selected status is invalid."]
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
