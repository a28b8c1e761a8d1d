"""What the room brings to the app: the queue dashboard, its menu entry, the banner about Redis."""

from flask import Flask
from flask_login import current_user

from app.admin import dashboard
from app.core.monitoring import is_redis_missing
from app.web.nav import Banner, NavItem, register_banner, register_nav


def init_app(app: Flask) -> None:
    """Called once by app/rooms.py."""
    dashboard.init_app(app)
    register_nav(
        NavItem("System", "admin.show_system", "gauge", order=50, place="user", shown=_is_admin)
    )
    register_banner(redis_banner)


def redis_banner() -> Banner | None:
    """Tell admins, and nobody else, that Redis does not answer."""
    if not _is_admin() or not is_redis_missing():
        return None
    return Banner(
        "Redis does not answer.",
        "Nothing is lost. Mail goes out again as soon as it is back.",
        "attention",
    )


def _is_admin() -> bool:
    return bool(current_user.is_authenticated and current_user.is_installation_admin)
