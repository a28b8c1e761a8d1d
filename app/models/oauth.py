"""Owner: auth. Clients and tokens of the JSON door (OAuth 2, password and refresh grants)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utcnow
from app.core.db import Model, Timestamps, primary_key


class OAuthClient(Timestamps, Model):
    """A first-party client of the JSON door; the secret is stored as a hash."""

    __tablename__ = "oauth_client"

    id: Mapped[int] = primary_key()
    name: Mapped[str]
    secret_hash: Mapped[str | None]  # none: a public client
    is_password_client: Mapped[bool] = mapped_column(default=True)
    revoked_at: Mapped[datetime | None]


class OAuthToken(Model):
    """An access token with its refresh token; a family is revoked whole on reuse."""

    __tablename__ = "oauth_token"

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    client_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("oauth_client.id", ondelete="CASCADE"), index=True
    )
    family: Mapped[str] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(default="")
    scopes: Mapped[list[str]] = mapped_column(default=list)
    access_hash: Mapped[str] = mapped_column(unique=True)
    access_expires_at: Mapped[datetime]
    refresh_hash: Mapped[str | None] = mapped_column(unique=True)
    refresh_expires_at: Mapped[datetime | None]
    refresh_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
