"""The edge of every transaction. Nothing else in the house commits.

A web request is one transaction (App.dispatch_request); a job opens `unit_of_work` around each
step. What must wait for the commit (job rings) is handed to `after_commit`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Any

import structlog
from flask import Flask
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from sqlalchemy.orm import Session

from app.core import shortcuts
from app.core.db import AppSession, db

log = structlog.get_logger(__name__)
_waiting: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_commit", default=None)


class App(Flask):
    """Flask with one transaction and one fresh context per request."""

    def wsgi_app(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer in an empty context: nothing of another request or job can shine through."""
        return Context().run(self._answer, environ, start_response)

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        body = shortcuts.take(self, environ, start_response)
        return super().wsgi_app(environ, start_response) if body is None else body

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view; commit once when it succeeded, else roll back."""
        with _unit(lambda response: response.status_code < 400) as decide:
            response: Response = self.make_response(super().dispatch_request())
            decide(response)
        return response


@contextmanager
def _unit(succeeded: Callable[[Any], bool]) -> Iterator[Callable[[Any], None]]:
    token = _waiting.set([])
    outcome: list[bool] = []
    try:
        yield lambda result: outcome.append(succeeded(result))
        _finish(keep=outcome == [True])
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _waiting.reset(token)


def _finish(*, keep: bool) -> None:
    if not keep:
        db.session.rollback()
        return
    db.session.commit()
    for callback in _waiting.get() or ():
        try:
            callback()
        except Exception:  # the work is committed; a doorbell must not turn it into an error
            log.exception("after_commit_failed")


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction of a job: commit at the end of the block, roll back on any error."""
    with _unit(lambda _: True) as decide:
        db.session.expire_all()
        yield db.session()
        decide(None)


@contextmanager
def own_unit() -> Iterator[Session]:
    """A second, independent transaction: what must stay although the request is refused."""
    with AppSession(db, join_transaction_mode="create_savepoint") as session:
        yield session
        session.commit()


def after_commit(callback: Callable[[], None]) -> None:
    """Run `callback` once the current transaction is committed; never if it is rolled back.

    Outside of any unit there is nothing to wait for, so it runs at once.
    """
    waiting = _waiting.get()
    if waiting is None:
        callback()
    else:
        waiting.append(callback)
