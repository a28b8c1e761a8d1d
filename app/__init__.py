"""Parakeet: an email outreach and inbox platform."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.core.transactions import App


def create_app(**overrides: Any) -> "App":
    """The web application (app/factory.py), configured from the environment and `overrides`.

    Imported late, so that processes which need one part of the house load only that part.
    """
    from app import factory

    return factory.build(overrides)
