"""How values look in JSON: Laravel's dates, enums by value, decimals as text."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider


def timestamp(value: datetime | None) -> str | None:
    """`2026-01-01T00:00:00.000000Z`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if value else None


class JSONProvider(DefaultJSONProvider):
    """Flask's provider with these shapes; keys keep their order."""

    sort_keys = False

    @staticmethod
    def default(value: Any) -> Any:
        """The shape of a value JSON does not know."""
        if isinstance(value, datetime):
            return timestamp(value)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Enum):
            return value.value
        if isinstance(value, Decimal):
            return str(value)
        return DefaultJSONProvider.default(value)


def init_app(app: Flask) -> None:
    """Use it for the whole app."""
    app.json = JSONProvider(app)
