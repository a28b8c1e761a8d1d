"""One-time tokens sent by mail: verify an address, reset a password."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.auth import hashing, policies, queries
from app.auth.errors import TokenInvalid
from app.auth.mails import absolute_url, render_mail, send_system_mail
from app.auth.services.throttle import count_attempt
from app.core.clock import utcnow
from app.core.db import db
from app.core.signing import hash_token
from app.models import User, UserToken

RESET_SUBJECT = "Reset your password"


def send_verification(user: User) -> None:
    """Mail a link that verifies the address; earlier links stop working. Verified: no effect."""
    if user.is_verified:
        return
    token = _issue(user, "verify", policies.VERIFY_LIFE)
    send_system_mail(
        user.email,
        subject="Verify your email address",
        template="auth/mail/verify",
        purpose="verify",
        url=absolute_url(f"/auth/verify/{token}"),
        days=policies.VERIFY_LIFE.days,
    )


def resend_verification(user: User, ip: str) -> None:
    """The same, asked for by a person. Errors: TooMany."""
    count_attempt("verify", user.email, ip, limit=3, window=timedelta(hours=1))
    send_verification(user)


def verify_email(token: str) -> User:
    """Mark the address of the token's user as verified.

    A second visit with the same token answers the same. Errors: TokenInvalid.
    """
    found = queries.find_user_token(token, "verify")
    if found is None:
        user = queries.find_spent_token(token, "verify")
        if user is None or not user.is_verified:
            raise TokenInvalid
        return user
    _spend(found[0])
    found[1].email_verified_at = found[1].email_verified_at or utcnow()
    return found[1]


def request_reset(email: str, ip: str) -> None:
    """Mail a reset link, when somebody has this address; the answer never tells.

    One mail a minute per person; earlier links stop working. Errors: TooMany.
    """
    email = policies.normalise_email(email)
    count_attempt("reset", email, ip)
    user = queries.find_user(email)
    if user is None or user.is_disabled:
        # The same work for nobody, so that time does not tell either.
        render_mail("auth/mail/reset", title=RESET_SUBJECT, **_reset_context("nobody"))
        return
    if queries.has_recent_token(user.id, "reset", policies.RESET_PAUSE):
        return
    send_system_mail(
        user.email,
        subject=RESET_SUBJECT,
        template="auth/mail/reset",
        purpose="reset",
        **_reset_context(_issue(user, "reset", policies.RESET_LIFE)),
    )


def claim_reset(token: str) -> User:
    """Spend a reset token and return its user. Errors: TokenInvalid."""
    found = queries.find_user_token(token, "reset")
    if found is None:
        raise TokenInvalid
    _spend(found[0])
    return found[1]


def discard_tokens(user_id: int, purpose: str) -> None:
    """Make every open token of this purpose useless."""
    db.session.execute(
        sa.delete(UserToken).where(
            UserToken.user_id == user_id,
            UserToken.purpose == purpose,
            UserToken.used_at.is_(None),
        )
    )


def _issue(user: User, purpose: str, life: timedelta) -> str:
    db.session.flush()
    discard_tokens(user.id, purpose)
    token = hashing.new_token()
    db.session.add(
        UserToken(
            user_id=user.id,
            purpose=purpose,
            token_hash=hash_token(token),
            email=user.email,
            expires_at=utcnow() + life,
        )
    )
    db.session.flush()
    return token


def _spend(row: UserToken) -> None:
    """Use the token once, also when two requests try at the same time. Errors: TokenInvalid."""
    spent = db.session.scalar(
        sa.update(UserToken)
        .where(UserToken.id == row.id, UserToken.used_at.is_(None))
        .values(used_at=utcnow())
        .returning(UserToken.id)
    )
    if spent is None:
        raise TokenInvalid


def _reset_context(token: str) -> dict[str, Any]:
    return {
        "url": absolute_url(f"/auth/forgot-password/{token}"),
        "minutes": int(policies.RESET_LIFE.total_seconds() // 60),
    }
