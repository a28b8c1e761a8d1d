"""Inputs of workspaces, for both doors."""

from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field

from app.auth.schemas import Address, Name, Password

Role = Literal["owner", "admin", "manager", "member", "viewer"]


@cache
def time_zones() -> tuple[str, ...]:
    """The zones people know by a place, and UTC."""
    named = {zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")}
    return ("UTC", *sorted(named))


def time_zone_options() -> list[tuple[str, str]]:
    """The same for a list to choose from: `Europe/Isle of Man`."""
    return [(zone, zone.replace("_", " ")) for zone in time_zones()]


def check_time_zone(zone: str) -> str:
    """A known time zone. Errors: ValueError."""
    if zone not in time_zones():
        raise ValueError("Please choose one of the time zones.")
    return zone


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(check_time_zone)]
WorkspaceName = Annotated[str, Field(min_length=1, max_length=80)]


class CreateWorkspaceInput(BaseModel):
    """A new workspace."""

    name: WorkspaceName
    time_zone: TimeZone = "UTC"


class UpdateWorkspaceInput(BaseModel):
    """General settings."""

    name: WorkspaceName
    time_zone: TimeZone


class InviteInput(BaseModel):
    """Whom to invite, as what."""

    email: Address
    role: Role = "member"


class RoleInput(BaseModel):
    """Another role for a member."""

    role: Role


class JoinInput(BaseModel):
    """What somebody new adds to an invitation; the address comes from the link."""

    name: Name = ""
    password: Password
