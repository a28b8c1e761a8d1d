"""Pages of identity. One blueprint; one module per noun."""

from app.auth.views import login, passwords, profile, signup
from app.auth.views.blueprint import bp

__all__ = ["bp", "login", "passwords", "profile", "signup"]
