"""One workspace whose hits cannot be judged does not keep the others waiting."""

from datetime import timedelta

from app.core import events
from app.core.clock import utcnow
from app.core.db import db
from app.core.events import subscribe
from app.core.tenancy import current_workspace_id, workspace_context
from app.models import TrackingHit
from app.tracking.events import OpenRecorded
from app.tracking.jobs import judge_hits
from tests.factories import make_account, make_outbox


def test_trouble_in_one_workspace_stays_there(cast):
    hits = {}
    for workspace_id in (cast.acme.id, cast.other.id):
        with workspace_context(workspace_id):
            row = make_outbox(
                make_account(), kind="campaign", sent_at=utcnow() - timedelta(hours=1)
            )
            hit = TrackingHit(outbox_id=row.id, kind="open", user_agent="Gecko")
            db.session.add(hit)
            db.session.commit()
            hits[workspace_id] = hit.id

    def fail_in_acme(_event: OpenRecorded) -> None:
        if current_workspace_id.get() == cast.acme.id:
            raise RuntimeError("a handler that fails")

    subscribe(OpenRecorded, fail_in_acme)
    try:
        with workspace_context(None):
            judge_hits()
    finally:
        events._handlers[OpenRecorded].remove(fail_in_acme)
    with workspace_context(cast.other.id):
        assert db.session.get_one(TrackingHit, hits[cast.other.id]).processed_at is not None
    with workspace_context(cast.acme.id):
        assert db.session.get_one(TrackingHit, hits[cast.acme.id]).processed_at is None
