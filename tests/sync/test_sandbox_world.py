"""The whole way in from the sandbox's real IMAP server: its people must be understood."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.core import jobs
from app.core.clock import utcnow
from app.core.db import db
from app.core.settings import settings
from app.models import EmailAccount, Message, Thread
from app.sandbox.passwords import sandbox_password
from app.sync import events as told
from tests.conftest import Cast
from tests.factories import make_account, make_outbox
from tests.sandbox.world import KEY, World

SENDER = "maya@team.sandbox.test"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, {"SANDBOX_SPEED": "200"}).start()
    settings.egress_allow.append(f"127.0.0.1:{world.imap_port}")
    yield world
    settings.egress_allow.pop()
    if world.process is not None:
        world.end()


@pytest.fixture
def account(in_acme: Cast, world: World) -> EmailAccount:
    password = sandbox_password(KEY, SENDER)
    secrets = {
        "imap_username": SENDER,
        "imap_password": password,
        "smtp_username": SENDER,
        "smtp_password": password,
    }
    return make_account(
        SENDER, imap_port=world.imap_port, credentials=secrets, sent_copy="provider"
    )


@pytest.mark.parametrize(
    ("person", "event"),
    [
        ("lea+reply@corp.sandbox.test", told.ReplyReceived),
        ("lea+ooo@corp.sandbox.test", told.AutoReplyReceived),
        ("lea+dsn@corp.sandbox.test", told.BounceReceived),
    ],
)
def test_what_the_sandbox_answers_is_understood(
    account: EmailAccount, world: World, heard: list, person: str, event: type
) -> None:
    message_id = world.send(SENDER, person).strip("<>")
    row = make_outbox(
        account,
        to_email=person,
        state="sent",
        sent_at=utcnow(),
        message_id=message_id,
        campaign_id=5,
        campaign_lead_id=6,
    )
    db.session.commit()
    world.wait_for(SENDER, 1)
    jobs.get_job("sync.pull").function(account_id=account.id)
    found = [one for one in heard if not isinstance(one, told.MessageReceived)]
    assert [(type(one), one.outbox_id, one.campaign_lead_id) for one in found] == [
        (event, row.id, 6)
    ]
    directions = db.session.scalars(sa.select(Message.direction).order_by(Message.direction)).all()
    assert list(directions) == ["in", "out"], "the answer and the copy in Sent"
    threads = set(db.session.scalars(sa.select(Message.thread_id)))
    assert all(db.session.get_one(Thread, one).campaign_lead_id == 6 for one in threads)
    before = len(heard)
    jobs.get_job("sync.pull").function(account_id=account.id)
    assert len(heard) == before
