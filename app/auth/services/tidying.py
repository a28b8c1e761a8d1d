"""Deleting what has run out: nothing here is needed for any decision."""

from datetime import datetime

import sqlalchemy as sa

from app.core.db import db
from app.models import LoginAttempt, OAuthToken, UserSession, UserToken


def forget_expired(before: datetime) -> None:
    """Delete rows that ended before this time. A used refresh token is kept as long as its family
    could be refreshed, or its second use would not be noticed."""
    db.session.execute(sa.delete(LoginAttempt).where(LoginAttempt.at < before))
    db.session.execute(sa.delete(UserToken).where(UserToken.expires_at < before))
    db.session.execute(
        sa.delete(UserSession).where(
            sa.or_(UserSession.expires_at < before, UserSession.revoked_at < before)
        )
    )
    db.session.execute(
        sa.delete(OAuthToken).where(
            OAuthToken.access_expires_at < before, OAuthToken.refresh_expires_at < before
        )
    )
