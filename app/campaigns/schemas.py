"""Inputs of the campaigns room, for both doors."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from werkzeug.datastructures import FileStorage

from app.campaigns.policies.delays import MAX_DELAY, Unit, delay_of
from app.campaigns.policies.schedule import (
    ALWAYS_OPEN,
    Window,
    merge_windows,
    parse_minutes,
    zone_or_utc,
)
from app.leads.policies.addresses import normal_email
from app.leads.schemas import LeadInput

Name = Annotated[str, Field(min_length=1, max_length=200)]
#: Days beyond these cannot be reckoned with: a zone's offset would lead out of the calendar.
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 12, 31))] | None
Cap = Annotated[int, Field(ge=1, le=1_000_000)] | None


class CampaignInput(BaseModel):
    """A new campaign."""

    name: Name


class DelayInput(BaseModel):
    """The wait before a step."""

    delay_amount: int = Field(0, ge=0, le=600_000)
    delay_unit: Unit = "days"

    @model_validator(mode="after")
    def not_for_ever(self) -> Self:
        """A year at most."""
        if delay_of(self.delay_amount, self.delay_unit) > MAX_DELAY:
            raise ValueError("Please wait at most a year between two mails.")
        return self


class TextInput(BaseModel):
    """What a step says. An empty subject continues the thread."""

    subject: str = Field("", max_length=500)
    body_html: str = Field("", max_length=200_000)

    @field_validator("subject")
    @classmethod
    def one_line(cls, value: str) -> str:
        """A header knows no line breaks."""
        return " ".join(value.split())


class StepInput(TextInput, DelayInput):
    """A whole step, as a program sends it."""


class ScheduleInput(BaseModel):
    """When mails may leave. Windows come as three lists of equal length, or as always open."""

    time_zone: str = "UTC"
    use_lead_time_zone: bool = False
    always_open: bool = False
    weekday: list[int] = []
    start: list[str] = []
    end: list[str] = []
    starts_on: Day = None
    ends_on: Day = None
    daily_cap: Cap = None
    daily_new_cap: Cap = None

    @field_validator("time_zone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        """A zone this machine has the rules of."""
        if zone_or_utc(value).key != value:
            raise ValueError("Please choose a time zone from the list.")
        return value

    @model_validator(mode="after")
    def sensible(self) -> Self:
        """Windows that open and days in order."""
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("The last day lies before the first.")
        if not self.windows:
            raise ValueError("Please open at least one window, or choose “at any time”.")
        return self

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows, merged. Errors: ValueError with a sentence."""
        if self.always_open:
            return ALWAYS_OPEN
        if not len(self.weekday) == len(self.start) == len(self.end):
            raise ValueError("Please give each window a day, a start and an end.")
        rows = zip(self.weekday, self.start, self.end, strict=True)
        return merge_windows(_window(day, start, end) for day, start, end in rows)


def _window(day: int, start: str, end: str) -> Window:
    """One window of the form; '00:00' as an end means midnight. Errors: ValueError."""
    try:
        opens, closes = parse_minutes(start), parse_minutes(end)
    except ValueError:
        raise ValueError("Please write times like 08:30.") from None
    closes = closes or 24 * 60
    if not 0 <= day <= 6 or opens >= closes:
        raise ValueError("A window must end after it starts, on the same day.")
    return Window(day, opens, closes)


class SettingsInput(BaseModel):
    """Name, senders and rules of a campaign."""

    name: Name
    account_ids: list[int] = []
    track_opens: bool = False
    track_clicks: bool = False
    unsubscribe_header: bool = False
    stop_on_auto_reply: bool = False


class TestMailInput(BaseModel):
    """Where a test of one step goes."""

    __test__ = False  # not a test class, whatever its name

    email: str = Field(max_length=320)
    lead_id: int | None = None
    account_id: int | None = None

    @field_validator("email")
    @classmethod
    def plain_address(cls, value: str) -> str:
        """Such that mail can be sent to it."""
        email = normal_email(value)
        if email is None:
            raise ValueError("Please enter an email address such as ann@example.com.")
        return email


class SequenceInput(BaseModel):
    """The whole sequence, in order."""

    steps: Annotated[list[StepInput], Field(min_length=1, max_length=50)]


class ScheduleBody(ScheduleInput):
    """The same input with its windows as a list of `{weekday, start, end}`."""

    @model_validator(mode="before")
    @classmethod
    def spread(cls, data: Any) -> Any:
        """Turn the list into the three lists of the form."""
        windows = data.get("windows") if isinstance(data, dict) else None
        if not isinstance(windows, list) or not all(isinstance(w, dict) for w in windows):
            return data
        return {**data, **{k: [w.get(k) for w in windows] for k in ("weekday", "start", "end")}}


class LeadsInput(BaseModel):
    """Leads to enrol, at most a thousand a call; larger lists are uploaded as a file."""

    leads: Annotated[list[LeadInput], Field(min_length=1, max_length=1000)]


class LeadIdsInput(BaseModel):
    """Campaign leads to take out."""

    ids: Annotated[list[int], Field(min_length=1, max_length=1000)]


class ImportInput(BaseModel):
    """An uploaded list, and where its leads go."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: Annotated[FileStorage, WithJsonSchema({"type": "string", "format": "binary"})]
    campaign_id: int | None = None


class TestSendInput(TestMailInput):
    """Which step goes where as a test."""

    step_id: int
