"""What a thread's list row shows, and in which boxes it stands, from its messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MAX_PARTICIPANTS = 12


@dataclass(frozen=True)
class Counters:
    """Columns of `thread` that follow from its messages."""

    snippet: str
    participants: list[dict[str, Any]]
    last_at: datetime
    last_in_at: datetime | None
    last_out_at: datetime | None
    message_count: int
    unread_count: int
    has_attachments: bool
    is_starred: bool
    kind: str
    archived_at: datetime | None
    is_gone: bool

    def columns(self) -> dict[str, Any]:
        """As the columns of `thread`."""
        return {name: value for name, value in vars(self).items() if name != "is_gone"}


def count_thread(messages: Sequence[Any], *, archived_at: datetime | None) -> Counters:
    """Counters of messages sorted oldest first."""
    inbound = [one for one in messages if one.direction == "in"]
    outbound = [one for one in messages if one.direction == "out"]
    here = [one for one in inbound if one.deleted_at is None]
    last_in = inbound[-1].at if inbound else None
    return Counters(
        snippet=messages[-1].snippet,
        participants=_participants(inbound, outbound),
        last_at=messages[-1].at,
        last_in_at=last_in,
        last_out_at=outbound[-1].at if outbound else None,
        message_count=len(messages),
        unread_count=sum(not one.is_seen for one in here),
        has_attachments=any(one.has_attachments for one in messages),
        is_starred=any(one.is_flagged for one in messages),
        kind=inbound[-1].kind if inbound else "sent",
        archived_at=archived_at,
        is_gone=bool(inbound) and not here,
    )


def _participants(inbound: Sequence[Any], outbound: Sequence[Any]) -> list[dict[str, Any]]:
    """The other side: who wrote to us, else whom we wrote to."""
    found: dict[str, dict[str, Any]] = {}
    for one in inbound:
        entry = found.setdefault(one.from_email, {"name": "", "email": one.from_email})
        entry["name"] = one.from_name or entry["name"]
    for one in outbound:
        for person in one.to or []:
            found.setdefault(person["email"], dict(person))
    return list(found.values())[:MAX_PARTICIPANTS]


def boxes_of(counters: Counters) -> dict[str, datetime]:
    """Boxes of the thread, each with the time that sorts it there."""
    boxes = {"all": counters.last_at}
    if counters.last_out_at:
        boxes["sent"] = counters.last_out_at
    if counters.last_in_at:
        away = counters.archived_at is not None or counters.is_gone
        boxes["archive" if away else "inbox"] = counters.last_in_at
    elif counters.archived_at is not None:
        boxes["archive"] = counters.last_at
    return boxes
