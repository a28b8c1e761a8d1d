"""Who and what is being served right now: bound once at the edge, read by logs and audit."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Who does it. A job acts as nobody."""

    user_id: int | None = None
    workspace_id: int | None = None
    ip: str = ""


SYSTEM = Actor()
request_id: ContextVar[str] = ContextVar("request_id", default="")
current_actor_var: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


def current_actor() -> Actor:
    """The person behind this request, or the system inside a job."""
    return current_actor_var.get()
