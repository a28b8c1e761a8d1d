"""Owner: auth. People, their sessions, one-time tokens and failed sign-ins."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utcnow
from app.core.db import Model, Timestamps, primary_key


class User(Timestamps, Model):
    """A person who signs in. `email` is stored in lower case."""

    __tablename__ = "user"

    id: Mapped[int] = primary_key()
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str]
    email_verified_at: Mapped[datetime | None]
    is_installation_admin: Mapped[bool] = mapped_column(default=False)
    is_disabled: Mapped[bool] = mapped_column(default=False)
    current_workspace_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("workspace.id", ondelete="SET NULL")
    )
    time_zone: Mapped[str] = mapped_column(default="UTC")

    @property
    def is_verified(self) -> bool:
        """Whether the address was confirmed by its owner."""
        return self.email_verified_at is not None


class UserSession(Model):
    """One signed-in browser. The cookie holds the token, the row only its SHA-256."""

    __tablename__ = "user_session"

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    is_remembered: Mapped[bool] = mapped_column(default=False)
    user_agent: Mapped[str] = mapped_column(default="")
    ip: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    last_seen_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class UserToken(Model):
    """A one-time token sent by mail: verify an address, reset a password."""

    __tablename__ = "user_token"

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str]  # verify | reset
    token_hash: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginAttempt(Model):
    """A counted attempt: written in its own unit, so a refused request keeps it."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        sa.Index("ix_login_attempt_subject_at", "subject", "at"),
        sa.Index("ix_login_attempt_ip_at", "ip", "at"),
    )

    id: Mapped[int] = primary_key()
    purpose: Mapped[str] = mapped_column(default="login")  # login | signup | reset | …
    subject: Mapped[str]  # purpose and address, hashed
    ip: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utcnow)
