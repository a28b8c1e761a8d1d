"""Inputs of the mailhub, for both doors."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Box = Literal["inbox", "sent", "archive", "all"]
Id = Annotated[int, Field(ge=1, le=2**62)]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]


class ThreadFilter(BaseModel):
    """Which threads a list shows."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    box: Box = "inbox"
    account: Id | None = None
    campaign: Id | None = None
    unread: bool = False
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""

    @property
    def role(self) -> str:
        """The box; a search looks everywhere."""
        return "all" if self.q else self.box

    def query(self, **over: object) -> dict[str, Any]:
        """As query arguments, defaults left out."""
        values = {**self.model_dump(), **over}
        kept = {name: value for name, value in values.items() if value not in (None, "", False)}
        if kept.get("box") == "inbox":
            kept.pop("box")
        return {name: "1" if value is True else str(value) for name, value in kept.items()}


class ReplyInput(BaseModel):
    """A reply written in a conversation. `key` makes a double click one reply."""

    body: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100_000)]
    key: Key


class BulkInput(BaseModel):
    """Threads chosen in the list and what to do with them."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=500)]
    verb: Literal["read", "unread", "archive", "unarchive", "star", "unstar"]
