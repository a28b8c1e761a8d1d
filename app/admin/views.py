"""The page of the installation's state. The queue dashboard itself is mounted by dashboard.py."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.admin import queries
from app.core.permissions import installation_admin
from app.web.responses import page

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("")
@installation_admin
def show_system() -> ResponseReturnValue:
    """Queues, what is due, the scheduler's heartbeat."""
    return page(
        "admin/system.html",
        redis=queries.redis_state(),
        backlogs=queries.backlogs(),
        totals=queries.totals(),
    )
