"""Jobs by name: the registry, and the bell that rings them after the commit.

Redis only carries rings. Whatever a job does can be derived from rows, and a periodic sweeper
rings again for rows that are late: losing every ring loses no work.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import structlog

from app.core.context import request_id
from app.core.tenancy import current_workspace_id
from app.core.transactions import after_commit

log = structlog.get_logger(__name__)
Function = TypeVar("Function", bound=Callable[..., Any])
Scalar = int | str | bool | None


class Queue(StrEnum):
    """The queues. Every worker process listens to exactly one (docs/adr)."""

    SEND = "send"
    SYNC = "sync"
    DEFAULT = "default"
    BULK = "bulk"


class Outcome(StrEnum):
    """What a job's exception means: the error table of `outcome_of`."""

    FAIL = "fail"  # shown among the failed jobs, to be retried by a person
    AGAIN = "again"  # expected; the sweeper rings again
    REFUSED = "refused"  # the state of things did not allow it; nothing to repeat


@dataclass(frozen=True)
class JobSpec:
    """One registered job."""

    name: str
    function: Callable[..., Any]
    queue: Queue
    every: int | None
    timeout: int


@dataclass(frozen=True)
class Ring:
    """A request to run a job: name, scalars, and the workspace it belongs to."""

    name: str
    kwargs: dict[str, Scalar] = field(default_factory=dict)
    workspace_id: int | None = None
    request_id: str = ""
    once: bool = False


_registry: dict[str, JobSpec] = {}
_outcomes: dict[type[BaseException], Outcome] = {}
_dispatch: list[Callable[[Ring], None]] = []


def job(
    name: str, *, queue: Queue = Queue.DEFAULT, every: int | None = None, timeout: int = 300
) -> Callable[[Function], Function]:
    """Register a function as a job; `every` seconds makes it periodic (queue `default`)."""

    def register(function: Function) -> Function:
        known = _registry.get(name)
        if known and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"two jobs are called {name}")
        _registry[name] = JobSpec(name, function, queue, every, timeout)
        return function

    return register


def get_job(name: str) -> JobSpec:
    """The job of that name. Errors: KeyError."""
    return _registry[name]


def all_jobs() -> list[JobSpec]:
    """Every registered job, by name."""
    return [_registry[name] for name in sorted(_registry)]


def periodic_jobs() -> list[JobSpec]:
    """The declared list of periodic jobs."""
    return [spec for spec in all_jobs() if spec.every]


def set_outcome(error: type[BaseException], outcome: Outcome) -> None:
    """Say what an exception type (and its subclasses) means when a job raises it."""
    _outcomes[error] = outcome


def outcome_of(error: BaseException) -> Outcome:
    """The most specific entry of the error table for this exception."""
    for kind in type(error).__mro__:
        if kind in _outcomes:
            return _outcomes[kind]
    return Outcome.FAIL


def use_dispatcher(dispatch: Callable[[Ring], None]) -> None:
    """Choose where rings go: RQ in production, a list in tests. Called by the composition root."""
    _dispatch[:] = [dispatch]


def enqueue(name: str, *, once: bool = False, **kwargs: Scalar) -> None:
    """Ring for a job after the commit (now, when no transaction is open).

    `once`: one ring is enough while an identical one waits to be started. A ring that cannot be
    delivered is logged and dropped; the job's sweeper finds the row.
    """
    get_job(name)  # a wrong name fails where it is written
    ring = Ring(name, kwargs, current_workspace_id.get(), request_id.get(), once)
    after_commit(lambda: _send(ring))


def _send(ring: Ring) -> None:
    for dispatch in _dispatch:
        dispatch(ring)
