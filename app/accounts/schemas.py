"""Inputs of accounts, for both doors."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from app.auth.schemas import Address
from app.providers.mail.facts import is_host_name
from app.workspaces.schemas import TimeZone

Security = Literal["ssl", "starttls", "none"]
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_ADDRESS = re.compile(r"^\d{1,3}(\.\d{1,3}){3}$")


def check_line(text: str) -> str:
    """One line without control characters. Errors: ValueError."""
    if _CONTROL.search(text):
        raise ValueError("Please use one line of plain text.")
    return text


def check_host(text: str) -> str:
    """A host name or IPv4 address, in small letters. Errors: ValueError."""
    try:
        host = text.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    if not (is_host_name(host) or _ADDRESS.match(host)):
        raise ValueError("Please enter a server name such as imap.example.com.")
    return host


def check_signature(text: str) -> str:
    """A signature without merge tags: it is the same for everybody. Errors: ValueError."""
    if "{{" in text or "{%" in text:
        raise ValueError("A signature cannot hold variables.")
    return text


Line = Annotated[str, Field(max_length=200), AfterValidator(check_line)]
Secret = Annotated[str, Field(max_length=1_000), AfterValidator(check_line)]
Host = Annotated[str, Field(max_length=253), AfterValidator(check_host)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Minutes = Annotated[float, Field(ge=0, le=1_440)]


class DiscoverInput(BaseModel):
    """The address whose servers are to be found."""

    email: Address


class ServersInput(BaseModel):
    """Where a mailbox is and how to sign in. An empty user name is the address itself."""

    imap_host: Host
    imap_port: Port = 993
    imap_security: Security = "ssl"
    imap_username: Line = ""
    smtp_host: Host
    smtp_port: Port = 465
    smtp_security: Security = "ssl"
    smtp_username: Line = ""
    password: Annotated[Secret, Field(min_length=1)]
    password_smtp: Secret = ""

    def credentials(self, email: str) -> dict[str, str]:
        """What is kept, encrypted. SMTP takes what IMAP has unless it was given its own."""
        imap_name = self.imap_username or email
        return {
            "imap_username": imap_name,
            "imap_password": self.password,
            "smtp_username": self.smtp_username or imap_name,
            "smtp_password": self.password_smtp or self.password,
        }


class ConnectInput(ServersInput):
    """A mailbox to be connected."""

    email: Address
    from_name: Line = ""
    provider_name: Line = "Custom"


class ReconnectInput(ServersInput):
    """The same mailbox with other servers or a new password."""


class AccountSettingsInput(BaseModel):
    """Limits, rhythm and signature of an account."""

    from_name: Line = ""
    daily_limit: Annotated[int, Field(ge=1, le=2_000)]
    ramp_enabled: bool = False
    ramp_start: Annotated[int, Field(ge=1, le=500)] = 5
    ramp_step: Annotated[int, Field(ge=1, le=100)] = 2
    gap_minutes: Minutes = 8
    jitter_minutes: Minutes = 6
    time_zone: TimeZone = "UTC"
    sent_copy: Literal["provider", "append", "none"] = "append"
    signature_html: Annotated[str, Field(max_length=20_000), AfterValidator(check_signature)] = ""

    @model_validator(mode="after")
    def start_below_the_limit(self) -> "AccountSettingsInput":
        """A ramp that starts above the limit would be none."""
        if self.ramp_enabled and self.ramp_start > self.daily_limit:
            raise ValueError("The slow start cannot begin above the daily limit.")
        return self
