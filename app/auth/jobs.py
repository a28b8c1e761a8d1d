"""Tidying: what has run out is deleted."""

from datetime import timedelta

from app.auth import services
from app.core.clock import utcnow
from app.core.jobs import Queue, job
from app.core.transactions import unit_of_work

KEEP = timedelta(days=1)


@job("auth.forget_expired", queue=Queue.DEFAULT, every=3600)
def forget_expired() -> None:
    """Delete counted attempts, one-time tokens, sessions and OAuth tokens that ended a day ago."""
    with unit_of_work():
        services.forget_expired(before=utcnow() - KEEP)
