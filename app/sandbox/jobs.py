"""What happens in the sandbox room by itself."""

from app.core.db import db
from app.core.jobs import job
from app.core.tenancy import unscoped, workspace_context
from app.core.transactions import unit_of_work
from app.models import DemoRun
from app.sandbox import queries, services


@job("sandbox.trickle_leads", every=60)
def trickle_leads() -> None:
    """Every running demo gets a few new leads; a demo left alone for hours still one now and then.

    Run twice in a minute it only adds a few more; it never enrols anybody twice.
    """
    with unit_of_work(), unscoped("the demos of all workspaces go on"):
        demos = queries.trickling_demos()
    for workspace_id, demo_id in demos:
        with workspace_context(workspace_id), unit_of_work():
            demo = db.session.get(DemoRun, demo_id, with_for_update=True)
            if demo is not None:
                services.trickle_leads(demo)
