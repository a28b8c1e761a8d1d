"""What the room brings to the app: its menu entry and the records of the palette."""

from flask import Flask

from app.home.palette import find_accounts
from app.web.nav import NavItem, register_nav, register_palette


def init_app(_app: Flask) -> None:
    """Called once by app/rooms.py."""
    register_nav(NavItem("Dashboard", "home.show_dashboard", "layout-dashboard", order=10))
    register_palette(find_accounts)
