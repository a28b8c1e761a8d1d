"""What the room brings to the app: the loader of signed-in people, its menu entries, commands."""

from flask import Flask

from app.api.access import register_bearer_loader
from app.auth import cli, login
from app.auth.policies import browser_name
from app.extensions import login_manager
from app.web.nav import NavItem, register_nav


def init_app(app: Flask) -> None:
    """Called once by app/rooms.py."""
    login.init_app(login_manager)
    register_bearer_loader(login.load_bearer)
    cli.init_app(app)
    app.jinja_env.filters["browser_name"] = browser_name
    register_nav(
        NavItem("Profile", "auth.show_profile", "user", order=10, place="user"),
        NavItem("Sign out", "auth.delete_login", "log-out", order=90, place="user", method="post"),
    )
