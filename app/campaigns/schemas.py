"""Inputs of the campaigns room, for both doors."""

from datetime import date
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
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


def check_clock(text: str) -> str:
    """A time of the day. Errors: ValueError."""
    try:
        parse_minutes(text)
    except ValueError:
        raise ValueError("Please write times like 08:30.") from None
    return text


ClockTime = Annotated[str, AfterValidator(check_clock)]


def _end_minutes(text: str) -> int:
    return parse_minutes(text) or 24 * 60


class WindowInput(BaseModel):
    """One opening of a weekday, Monday being 0."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    start: ClockTime
    end: ClockTime

    @field_validator("end")
    @classmethod
    def after_the_start(cls, value: str, info: ValidationInfo) -> str:
        """On the same day; 00:00 means midnight."""
        start = info.data.get("start")
        if start and _end_minutes(value) <= parse_minutes(start):
            raise ValueError("A window must end after it starts, on the same day.")
        return value

    @property
    def window(self) -> Window:
        """The same in minutes."""
        return Window(self.weekday, parse_minutes(self.start), _end_minutes(self.end))


class ScheduleInput(BaseModel):
    """When mails may leave."""

    time_zone: str = "UTC"
    use_lead_time_zone: bool = False
    always_open: bool = False
    windows: list[WindowInput] = []
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

    @field_validator("ends_on")
    @classmethod
    def in_order(cls, value: date | None, info: ValidationInfo) -> date | None:
        """Not before the first day."""
        first = info.data.get("starts_on")
        if value and first and value < first:
            raise ValueError("The last day lies before the first.")
        return value

    @model_validator(mode="after")
    def opens_at_all(self) -> Self:
        """At least one window."""
        if not self.openings:
            raise ValueError("Please open at least one window, or choose “at any time”.")
        return self

    @property
    def openings(self) -> tuple[Window, ...]:
        """The windows, merged."""
        return ALWAYS_OPEN if self.always_open else merge_windows(w.window for w in self.windows)


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


class PreviewInput(BaseModel):
    """Which step is shown for which lead; the first of each when nothing is said."""

    step_id: int | None = None
    lead_id: int | None = None


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
