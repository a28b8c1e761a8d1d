"""Pages of workspaces. One blueprint; one module per noun."""

from app.workspaces.views import entrance, members, settings
from app.workspaces.views.blueprint import bp

__all__ = ["bp", "entrance", "members", "settings"]
