"""Instances of the Flask extensions, and nothing else."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from htmx_flask import Htmx

from app.core.db import db

__all__ = ["db", "htmx", "limiter", "login_manager", "migrate"]

login_manager = LoginManager()
migrate = Migrate()
htmx = Htmx()
# Open when Redis is away: only sign-in must stay closed, and that counts in the database.
limiter = Limiter(get_remote_address, swallow_errors=True, headers_enabled=True)
