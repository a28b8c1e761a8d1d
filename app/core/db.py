"""The database handle, the declarative base and the columns every table shares."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from app.core.clock import utcnow

# Names for every constraint, so that migrations can address each one on any server.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

COLUMN_TYPES: dict[Any, Any] = {
    datetime: sa.DateTime(timezone=True),
    dict[str, Any]: JSONB,
    list[Any]: JSONB,
    list[str]: JSONB,
    list[dict[str, Any]]: JSONB,
    int: sa.BigInteger,
    str: sa.Text,
}


class Base(DeclarativeBase):
    """Parent of every table. Python types map to PostgreSQL types here, once."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING), type_annotation_map=COLUMN_TYPES
    )


class Timestamps:
    """When a row was made and last changed."""

    created_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=sa.func.now())
    updated_at: Mapped[datetime] = mapped_column(
        default=utcnow, onupdate=utcnow, server_default=sa.func.now()
    )


class AppSession(Session):
    """The session class that tenancy and transactions attach their listeners to."""


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    # Rows stay readable after the commit; the next unit of work reads them anew.
    session_options={"class_": AppSession, "expire_on_commit": False},
)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def primary_key() -> Mapped[int]:
    """An identity column of 64 bits."""
    return mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
