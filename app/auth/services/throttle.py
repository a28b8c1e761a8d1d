"""Counting attempts in the database, so that limits hold with Redis down and over many hosts."""

import math
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.auth import policies, queries
from app.core.clock import utcnow
from app.core.errors import TooMany
from app.core.signing import hash_token
from app.core.transactions import own_unit
from app.models import LoginAttempt

log = structlog.get_logger(__name__)


def count_attempt(
    purpose: str,
    subject: str,
    ip: str,
    *,
    limit: int = policies.LOGIN_LIMIT,
    window: timedelta = policies.LOGIN_WINDOW,
) -> int:
    """Count one attempt per subject (an address) and per IP, before it is made; return its id.

    Written in a unit of its own: a refused request rolls back, its count stays. Errors: TooMany,
    with the seconds until the oldest counted attempt leaves the window.
    """
    key, ip = hash_token(f"{purpose}:{subject}"), policies.one_source(ip)
    with own_unit() as session:
        for lock in sorted({key, f"{purpose}:{ip}"}):
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(lock))))
        wait = max(
            _wait(session, purpose, LoginAttempt.subject == key, limit, window),
            _wait(session, purpose, LoginAttempt.ip == ip, limit, window),
        )
        if wait:
            log.warning("throttled", purpose=purpose, ip=ip, wait=wait)
            raise TooMany(wait, f"Too many attempts. Please try again in {wait} seconds.")
        attempt = LoginAttempt(purpose=purpose, subject=key, ip=ip)
        session.add(attempt)
        session.flush()
        return attempt.id


def forgive_attempt(attempt_id: int) -> None:
    """The attempt was right: it does not count. Twice: no effect."""
    with own_unit() as session:
        session.execute(sa.delete(LoginAttempt).where(LoginAttempt.id == attempt_id))


def _wait(
    session: Session,
    purpose: str,
    narrow: sa.ColumnElement[bool],
    limit: int,
    window: timedelta,
) -> int:
    """Seconds until one more attempt is allowed; 0 when it is now."""
    now = utcnow()
    stmt = queries.attempts_since(purpose, now - window).where(narrow)
    times: list[datetime] = list(session.scalars(stmt.limit(limit)))
    if len(times) < limit:
        return 0
    free_at = times[-1] + window
    return max(1, math.ceil((free_at - now).total_seconds()))
