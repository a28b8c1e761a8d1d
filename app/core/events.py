"""Events: how a lower room tells upper rooms what happened, inside the same transaction."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Handler = Callable[[Any], None]
_handlers: dict[type, list[Handler]] = defaultdict(list)


def subscribe(event_type: type, handler: Handler) -> None:
    """Call `handler` for every event of exactly this type. Subscribing twice changes nothing."""
    if handler not in _handlers[event_type]:
        _handlers[event_type].append(handler)


def publish(event: object) -> None:
    """Call the handlers now, in the order of app/rooms.py. Their errors roll everything back."""
    for handler in _handlers[type(event)]:
        handler(event)


@dataclass(frozen=True)
class SystemMailRequested:
    """The installation wants to write to somebody: verify, invite, reset."""

    purpose: str
    to_email: str
    subject: str
    body_text: str
    body_html: str = ""
