"""What the room brings to the app: its menu entries and commands."""

from flask import Flask

from app.core.settings import settings
from app.sandbox import cli
from app.web.nav import NavItem, register_nav


def init_app(app: Flask) -> None:
    """Called once by app/rooms.py. Without a sandbox there is no door to it."""
    cli.init_app(app)
    if settings.has_sandbox:
        register_nav(
            NavItem(
                "Sandbox", "sandbox.show_sandbox", "flask-conical",
                order=80, permission="accounts.view", place="workspace",
            ),
            NavItem("System mail", "sandbox.index_mail", "mail", order=60, place="user"),
        )  # fmt: skip
