import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.core import events, jobs
from app.core.blobs import get_blob
from app.core.clock import utcnow
from app.core.context import SYSTEM
from app.core.db import db
from app.core.events import publish
from app.core.tenancy import workspace_context
from app.core.transactions import App, unit_of_work
from app.mailhub.queries.threads import get_thread
from app.mailhub.schemas import ReplyInput
from app.mailhub.services import mark_read, reply_to_thread
from app.models import EmailAccount, Folder, MailAction, Message, Outbox, Placement, Thread
from app.sending.events import MailNote, MailSent
from app.sync import events as told
from tests.conftest import Cast
from tests.factories import make_account, make_outbox
from tests.sync.conftest import Mailbox
from tests.sync.mails import raw_mail

pytestmark = pytest.mark.dovecot


def run(name: str, **kwargs: Any) -> None:
    jobs.get_job(name).function(**kwargs)


def flags_on_server(mailbox: Mailbox, folder: str = "INBOX") -> list[tuple[bytes, ...]]:
    mailbox.client.select_folder(folder)
    found = mailbox.client.fetch(mailbox.client.search("ALL"), ["FLAGS"])
    return [tuple(f for f in data[b"FLAGS"] if f != b"\\Recent") for data in found.values()]


def test_a_new_account_is_read_by_its_job(mailbox: Mailbox) -> None:
    mailbox.deliver(raw_mail())
    run("sync.pull", account_id=mailbox.account.id)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 1
    account = db.session.get_one(EmailAccount, mailbox.account.id)
    assert account.last_ok_at is not None


def test_the_sweep_rings_for_accounts_that_are_due(mailbox: Mailbox, rings: list, freeze) -> None:
    account_id, workspace_id = mailbox.account.id, mailbox.account.workspace_id
    db.session.commit()

    def swept() -> list[tuple]:
        rings.clear()
        with workspace_context(None):
            run("sync.sweep")
        return [(r.name, r.kwargs, r.workspace_id) for r in rings]

    expected = [("sync.pull", {"account_id": account_id}, workspace_id)]
    assert swept() == expected
    now = utcnow()
    with freeze(now):
        run("sync.pull", account_id=account_id)
        assert swept() == []
    with freeze(now + timedelta(seconds=30)):
        assert swept() == expected


def test_a_wrong_password_asks_for_reconnecting(mailbox: Mailbox) -> None:
    credentials = {**mailbox.account.credentials, "imap_password": "wrong"}
    mailbox.account.credentials = credentials
    db.session.commit()
    run("sync.pull", account_id=mailbox.account.id)
    account = db.session.get_one(EmailAccount, mailbox.account.id)
    assert account.status == "reconnect_required"


def test_a_dead_server_waits_longer_each_time_and_is_shown_after_a_while(
    mailbox: Mailbox, freeze
) -> None:
    run("sync.pull", account_id=mailbox.account.id)
    mailbox.account.imap_port = 1
    db.session.commit()
    waits = []
    for _ in range(5):
        run("sync.pull", account_id=mailbox.account.id)
        folder = db.session.scalars(sa.select(Folder).where(Folder.role == "inbox")).one()
        waits.append(folder.retry_at - utcnow())
    assert waits == sorted(waits)
    assert db.session.get_one(EmailAccount, mailbox.account.id).status == "disconnected"


def test_read_here_is_read_there(mailbox: Mailbox) -> None:
    mailbox.deliver(raw_mail())
    run("sync.pull", account_id=mailbox.account.id)
    [message] = db.session.scalars(sa.select(Message)).all()
    with unit_of_work():
        mark_read([message.thread_id], actor=SYSTEM)
    assert flags_on_server(mailbox) == [()]
    run("mailhub.drain_actions", account_id=mailbox.account.id)
    assert flags_on_server(mailbox) == [(b"\\Seen",)]
    run("mailhub.drain_actions", account_id=mailbox.account.id)
    assert [a.state for a in db.session.scalars(sa.select(MailAction))] == ["done"]


def test_a_change_on_its_way_is_not_undone_by_sync(mailbox: Mailbox) -> None:
    """What the server says of the field is older; other fields are taken over all the same."""
    mailbox.deliver(raw_mail())
    run("sync.pull", account_id=mailbox.account.id)
    [message] = db.session.scalars(sa.select(Message)).all()
    with unit_of_work():
        assert mark_read([message.thread_id], actor=SYSTEM) == 1
    mailbox.client.select_folder("INBOX")
    mailbox.client.add_flags(mailbox.client.search("ALL"), [r"\Flagged"])
    run("sync.pull", account_id=mailbox.account.id)
    db.session.expire_all()
    message = db.session.get_one(Message, message.id)
    assert (message.is_seen, message.is_flagged) == (True, True)


def test_a_sent_reply_and_its_copy_in_sent_are_one_message(mailbox: Mailbox) -> None:
    mailbox.deliver(raw_mail(message_id="q@example.test", subject="Question"))
    run("sync.pull", account_id=mailbox.account.id)
    [question] = db.session.scalars(sa.select(Message)).all()
    with unit_of_work():
        outbox_id = reply_to_thread(
            get_thread(question.thread_id), ReplyInput(body="Answer", key="abcdefgh"), actor=SYSTEM
        )
    row = db.session.get_one(Outbox, outbox_id)
    with unit_of_work():
        row.state, row.sent_at = "sent", utcnow()
        publish(MailSent((note_of(row),)))
    assert thread_size(question.thread_id) == 2
    copy = raw_mail(
        sender=mailbox.account.email,
        to="lea@example.test",
        subject=row.subject,
        message_id=row.message_id,
        in_reply_to="q@example.test",
        text="Answer",
    )
    mailbox.deliver(copy, "Sent", (r"\Seen",))
    run("sync.pull", account_id=mailbox.account.id)
    assert thread_size(question.thread_id) == 2
    sent = db.session.scalars(sa.select(Message).where(Message.direction == "out")).one()
    assert (sent.outbox_id, sent.raw_blob is not None) == (outbox_id, True)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Placement)) == 2


def thread_size(thread_id: int) -> int:
    db.session.expire_all()
    return db.session.get_one(Thread, thread_id).message_count


def note_of(row: Outbox) -> MailNote:
    return MailNote(
        outbox_id=row.id, kind=row.kind, account_id=row.account_id, campaign_id=None,
        campaign_lead_id=None, step_id=None, lead_id=None, thread_id=row.thread_id,
        to_email=row.to_email, subject=row.subject, message_id=row.message_id,
        provider_message_id=None, in_reply_to=row.in_reply_to, references=tuple(row.references),
        at=utcnow(),
    )  # fmt: skip


def test_a_bounce_names_the_mail_and_its_lead(mailbox: Mailbox, heard: list) -> None:
    row = make_outbox(
        mailbox.account,
        to_email="lea@example.test",
        state="sent",
        sent_at=utcnow(),
        message_id="ours1@sandbox.test",
        campaign_id=5,
        campaign_lead_id=6,
    )
    db.session.commit()
    mailbox.deliver((Path(__file__).parent.parent / "eml" / "bounce_hard.eml").read_bytes())
    run("sync.pull", account_id=mailbox.account.id)
    [bounce] = [e for e in heard if isinstance(e, told.BounceReceived)]
    assert (bounce.outbox_id, bounce.campaign_lead_id, bounce.email, bounce.is_hard) == (
        row.id,
        6,
        "lea@example.test",
        True,
    )


def test_a_bounce_of_somebody_else_blames_nobody(mailbox: Mailbox, heard: list) -> None:
    make_outbox(
        mailbox.account,
        to_email="someone@else.test",
        state="sent",
        sent_at=utcnow(),
        message_id="ours1@sandbox.test",
        campaign_id=5,
        campaign_lead_id=6,
    )
    db.session.commit()
    mailbox.deliver((Path(__file__).parent.parent / "eml" / "bounce_hard.eml").read_bytes())
    run("sync.pull", account_id=mailbox.account.id)
    assert [type(e) for e in heard] == [told.MessageReceived]


def test_an_away_note_carries_the_day_of_return(mailbox: Mailbox, heard: list) -> None:
    make_outbox(
        mailbox.account,
        to_email="lea@example.test",
        state="sent",
        sent_at=utcnow(),
        message_id="ours1@sandbox.test",
        campaign_id=5,
        campaign_lead_id=6,
    )
    db.session.commit()
    back = (utcnow() + timedelta(days=10)).date()
    mailbox.deliver(
        raw_mail(
            subject="Automatic reply: Hello",
            text=f"I am out of the office until {back.isoformat()}.",
            in_reply_to="ours1@sandbox.test",
            extra="Auto-Submitted: auto-replied",
        )
    )
    run("sync.pull", account_id=mailbox.account.id)
    [note] = [e for e in heard if isinstance(e, told.AutoReplyReceived)]
    assert (note.kind, note.returns_on, note.campaign_lead_id) == ("out_of_office", back, 6)


def test_broken_mail_is_kept_and_does_not_stop_the_rest(mailbox: Mailbox) -> None:
    mailbox.deliver(
        b"Subject: deep\r\n"
        + b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
            for i in range(40)
        )
        + b"\r\nx\r\n"
    )
    mailbox.deliver(raw_mail(subject="After it"))
    run("sync.pull", account_id=mailbox.account.id)
    states = db.session.execute(sa.select(Message.subject, Message.state).order_by(Message.subject))
    assert [tuple(row) for row in states] == [("After it", "stored"), ("deep", "broken")]


@pytest.mark.committed
def test_two_workers_on_one_folder_store_each_mail_once(
    app: App, cast: Cast, mailboxes: Callable[..., Mailbox], heard: list
) -> None:
    db.session.commit()
    with workspace_context(cast.acme.id):
        mailbox = mailboxes("two.workers@sandbox.test")
        account_id, workspace_id = mailbox.account.id, cast.acme.id
        db.session.commit()
        for number in range(60):
            mailbox.deliver(raw_mail(subject=f"Mail {number}"))
    errors: list[BaseException] = []
    start = threading.Barrier(3)

    def work() -> None:
        try:
            with app.app_context(), workspace_context(workspace_id):
                start.wait()
                run("sync.pull", account_id=account_id)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with workspace_context(workspace_id):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 60
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Placement)) == 60
    assert len(heard) == 60


@pytest.mark.committed
def test_answers_in_two_folders_at_once_make_one_thread(
    app: App, cast: Cast, mailboxes: Callable[..., Mailbox]
) -> None:
    """Two workers store mails of one conversation at the same moment."""
    from app.mailhub.services import store_messages
    from tests.factories.mails import incoming

    db.session.commit()
    workspace_id = cast.acme.id
    with workspace_context(workspace_id):
        account_id = make_account().id
        db.session.commit()
    first = incoming(message_id="a@x", provider_key="a")
    second = incoming(message_id="b@x", provider_key="b", references=["a@x"])
    start = threading.Barrier(2)

    def work(mail: Any) -> None:
        with app.app_context(), workspace_context(workspace_id):
            start.wait()
            with unit_of_work():
                store_messages(account_id, [mail])

    threads = [threading.Thread(target=work, args=(mail,)) for mail in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with workspace_context(workspace_id):
        assert len(set(db.session.scalars(sa.select(Message.thread_id)))) == 1


@pytest.fixture
def stumbling(heard: list) -> Iterator[list[type]]:
    """Somebody above who cannot stand mail whose text says "stumble"."""

    def stumble(event: told.MessageReceived) -> None:
        if "stumble" in db.session.get_one(Message, event.message_id).body_text:
            raise ValueError("out of step")

    events.subscribe(told.MessageReceived, stumble)
    yield [told.MessageReceived]
    events._handlers[told.MessageReceived].remove(stumble)


def test_a_mail_that_cannot_be_stored_is_kept_raw_and_blocks_nothing(
    mailbox: Mailbox, heard: list, stumbling: list
) -> None:
    run("sync.pull", account_id=mailbox.account.id)
    for text in ("First", "stumble", "Last"):
        mailbox.deliver(raw_mail(subject=text, text=text))
    run("sync.pull", account_id=mailbox.account.id)
    found = db.session.scalars(sa.select(Message).order_by(Message.id)).all()
    assert sorted((m.state, m.subject) for m in found) == [
        ("broken", ""),
        ("stored", "First"),
        ("stored", "Last"),
    ]
    [broken] = [m for m in found if m.state == "broken"]
    assert broken.raw_blob
    assert b"stumble" in get_blob(broken.raw_blob)
    told_of = {e.message_id for e in heard}
    assert [m.id in told_of for m in found] == [m is not broken for m in found]
    folder = db.session.scalar(sa.select(Folder).where(Folder.role == "inbox"))
    assert (folder.failures, folder.retry_at) == (0, None)


def test_a_folder_that_cannot_be_stored_at_all_waits(mailbox: Mailbox) -> None:
    run("sync.pull", account_id=mailbox.account.id)
    mailbox.deliver(raw_mail())
    # sql: every message is refused by the database, as a broken index or trigger would
    db.session.execute(
        sa.text("ALTER TABLE message ADD CONSTRAINT refused CHECK (false) NOT VALID")
    )
    db.session.commit()
    run("sync.pull", account_id=mailbox.account.id)
    folder = db.session.scalar(sa.select(Folder).where(Folder.role == "inbox"))
    assert folder.failures == 1
    assert folder.retry_at is not None
    assert folder.error == "A mail of this folder could not be stored."
