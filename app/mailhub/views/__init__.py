"""The page door of the mailhub."""

from app.mailhub.views.blueprint import bp

__all__ = ["bp"]

from app.mailhub.views import actions, bodies, threads  # noqa: F401 - they add their routes
