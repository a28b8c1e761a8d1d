"""Signing up, proving who one is, and changing what one is known by."""

from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from app.auth import hashing, policies, queries
from app.auth.errors import InvalidCredentials, NotVerified
from app.auth.mails import absolute_url, send_system_mail
from app.auth.services.oauth import revoke_tokens
from app.auth.services.one_time import claim_reset, discard_tokens, send_verification
from app.auth.services.sessions import revoke_sessions
from app.auth.services.throttle import count_attempt, forgive_attempt
from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.models import User

log = structlog.get_logger(__name__)
TAKEN = "The email has already been taken."


def sign_up(
    email: str, password: str, *, name: str = "", ip: str = "", is_proven: bool = False
) -> User:
    """Make a user and send the verification mail, unless a link proved the address already.

    The first person of an installation becomes its admin. Errors: Invalid (weak password, address
    taken), TooMany.
    """
    email = policies.normalise_email(email)
    if ip:
        count_attempt("signup", email, ip, limit=10, window=timedelta(minutes=10))
    _refuse_weak(password, email=email, name=name)
    user = User(
        email=email,
        name=name.strip(),
        password_hash=hashing.hash_password(password),
        is_installation_admin=_is_first(),
        email_verified_at=utcnow() if is_proven else None,
    )
    try:
        with db.session.begin_nested():
            db.session.add(user)
    except IntegrityError as error:
        raise Invalid({"email": [TAKEN]}) from error
    if not is_proven:
        send_verification(user)
    return user


def authenticate(email: str, password: str, ip: str) -> User:
    """The user these credentials belong to.

    Takes the same time for an unknown address. Errors: InvalidCredentials, TooMany.
    """
    email = policies.normalise_email(email)
    attempt_id = count_attempt("login", email, ip)
    user = queries.find_user(email)
    known = user.password_hash if user else hashing.NOBODY
    right = hashing.check_password(password[: policies.MAX_PASSWORD + 1], known)
    if user is None or not right or user.is_disabled:
        log.warning("sign_in_refused", user_id=user.id if user else None, ip=ip)
        raise InvalidCredentials
    log.info("sign_in", user_id=user.id, ip=ip)
    forgive_attempt(attempt_id)
    if hashing.is_outdated(user.password_hash):
        user.password_hash = hashing.hash_password(password)
    return user


def change_password(
    user: User, *, current: str, new: str, ip: str, keep_session_id: int | None = None
) -> None:
    """Set a new password after checking the old one; every other session and token ends.

    Errors: Invalid (wrong current password, weak new one), TooMany.
    """
    attempt_id = count_attempt("password", user.email, ip)
    if not hashing.check_password(current, user.password_hash):
        raise Invalid({"password_current": ["That is not your current password."]})
    forgive_attempt(attempt_id)
    _refuse_weak(new, email=user.email, name=user.name)
    set_password(user, new, keep_session_id=keep_session_id)


def reset_password(token: str, password: str) -> User:
    """Set a new password with a link from a mail; the link is spent, every session ends.

    Having read the mail also proves the address. Errors: TokenInvalid, Invalid (weak password).
    """
    user = claim_reset(token)
    _refuse_weak(password, email=user.email, name=user.name)
    user.email_verified_at = user.email_verified_at or utcnow()
    set_password(user, password)
    return user


def set_password(user: User, password: str, *, keep_session_id: int | None = None) -> None:
    """Store the password, end what the old one opened, and tell the person by mail."""
    user.password_hash = hashing.hash_password(password)
    log.info("password_changed", user_id=user.id)
    revoke_sessions(user.id, keep_session_id=keep_session_id)
    revoke_tokens(user.id)
    discard_tokens(user.id, "reset")
    send_system_mail(
        user.email,
        subject="Your password was changed",
        template="auth/mail/changed",
        purpose="password_changed",
        url=absolute_url("/auth/forgot-password"),
    )
    db.session.flush()


def rename_user(user: User, name: str) -> None:
    """Set the name others see."""
    user.name = name.strip()


def set_current_workspace(user_id: int, workspace_id: int | None) -> None:
    """Remember where the person works, for the next sign-in and for short addresses."""
    db.session.execute(
        sa.update(User).where(User.id == user_id).values(current_workspace_id=workspace_id)
    )


def require_verified(user_id: int) -> None:
    """Errors: NotVerified, unless this person's address is verified."""
    if not queries.is_verified(user_id):
        raise NotVerified


def grant_admin(email: str, *, granted: bool = True) -> User:
    """Make somebody an installation admin, or no longer one. Errors: NotFound."""
    user = queries.find_user(email)
    if user is None:
        raise NotFound(f"Nobody signed up as {email}.")
    user.is_installation_admin = granted
    log.warning("installation_admin_changed", user_id=user.id, granted=granted)
    return user


def disable_user(email: str, *, disabled: bool = True) -> User:
    """Lock somebody out at once, or let them in again. Errors: NotFound."""
    user = queries.find_user(email)
    if user is None:
        raise NotFound(f"Nobody signed up as {email}.")
    user.is_disabled = disabled
    if disabled:
        revoke_sessions(user.id)
        revoke_tokens(user.id)
    log.warning("user_disabled", user_id=user.id, disabled=disabled)
    return user


def _refuse_weak(password: str, *, email: str, name: str) -> None:
    problem = policies.password_problem(password, email=email, name=name)
    if problem:
        raise Invalid({"password": [problem]})


def _is_first() -> bool:
    """Whether nobody signed up yet; two who try at once are made to queue."""
    if queries.has_users():
        return False
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("first user"))))
    return not queries.has_users()
