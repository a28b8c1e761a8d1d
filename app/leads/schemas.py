"""Inputs of the leads room, for both doors."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, field_validator

from app.leads.policies.addresses import normal_domain, normal_email
from app.leads.policies.list_file import DELIMITERS, RECOGNISED
from app.leads.policies.mapping import CUSTOM, FIELDS, FULL_NAME, SKIP

Text = Annotated[str, Field(max_length=1000)]
MAX_CUSTOM, MAX_CUSTOM_BYTES = 200, 32 * 1024


class LeadInput(BaseModel):
    """One lead as a form or a program sends it."""

    email: str = Field(max_length=320)
    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    title: Text = ""
    phone: Text = ""
    website: Text = ""
    time_zone: Text = ""
    custom: dict[str, Any] = {}

    @field_validator("custom", mode="before")
    @classmethod
    def php_empty(cls, value: Any) -> Any:
        """PHP writes an empty object as an empty list."""
        return {} if value == [] else value

    @field_validator("custom")
    @classmethod
    def small_and_flat(cls, value: dict[str, Any]) -> dict[str, Any]:
        """Own fields are plain values, and few enough to show."""
        if any(isinstance(one, dict | list) for one in value.values()):
            raise ValueError("Own fields can only hold texts, numbers, yes or no.")
        size = sum(
            len(str(part).encode(errors="replace")) for pair in value.items() for part in pair
        )
        if len(value) > MAX_CUSTOM or size > MAX_CUSTOM_BYTES:
            raise ValueError(f"A lead can have {MAX_CUSTOM} own fields and 32 kB in them at most.")
        return value

    @field_validator("email")
    @classmethod
    def plain_address(cls, value: str) -> str:
        """In lower case and such that mail can be sent to it."""
        email = normal_email(value)
        if email is None:
            raise ValueError("Please enter an email address such as ann@example.com.")
        return email


class MappingInput(BaseModel):
    """The mapping screen: how to read the file and what each column becomes."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    has_header: bool = False
    existing: Literal["update", "keep"] = "update"
    column: list[str] = []

    @field_validator("encoding")
    @classmethod
    def known_encoding(cls, value: str) -> str:
        """One of those the screen offers, or what was recognised."""
        if value not in RECOGNISED:
            raise ValueError("Please choose one of the options.")
        return value

    @field_validator("delimiter", mode="before")
    @classmethod
    def known_delimiter(cls, value: str) -> str:
        """A tab does not survive trimming, so it travels by name."""
        value = "\t" if value == "tab" else value
        if value not in DELIMITERS:
            raise ValueError("Please choose one of the options.")
        return value

    @field_validator("column")
    @classmethod
    def known_fields(cls, value: list[str]) -> list[str]:
        """Only fields that exist."""
        if any(field not in {*FIELDS, FULL_NAME, CUSTOM, SKIP} for field in value):
            raise ValueError("Please choose one of the options.")
        return value


class SuppressInput(BaseModel):
    """An address or a domain for the do-not-contact list."""

    value: str = Field(max_length=320)

    @field_validator("value")
    @classmethod
    def address_or_domain(cls, value: str) -> str:
        """In plain form."""
        plain = normal_email(value) if "@" in value.strip()[1:] else normal_domain(value)
        if plain is None:
            raise ValueError("Please enter an address (ann@example.com) or a domain (example.com).")
        return plain
