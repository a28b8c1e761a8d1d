"""Instances of the Flask extensions, and nothing else."""

from flask_login import LoginManager
from flask_migrate import Migrate
from htmx_flask import Htmx

from app.core.db import db

__all__ = ["db", "htmx", "login_manager", "migrate"]

login_manager = LoginManager()
migrate = Migrate()
htmx = Htmx()
