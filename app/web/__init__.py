"""The lobby of the pages: answers, toasts, CSRF, navigation, errors, headers, the workspace in the URL.

Knows no room. `init_app` is called by the composition root; rooms register what they bring
(navigation, palette, membership loader) from app/rooms.py.
"""

from flask import Flask

from app.web import assets, csrf, errors, filters, nav, responses, security, styleguide, tenant

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Wire the lobby into the app; the order of the hooks matters only for tenant before csrf."""
    filters.init_app(app)
    assets.init_app(app)
    tenant.init_app(app)
    csrf.init_app(app)
    nav.init_app(app)
    security.init_app(app)
    responses.init_app(app)
    errors.init_app(app)
    styleguide.init_app(app)
