import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.db import db
from app.core.transactions import unit_of_work
from app.models import Folder, Message, Placement, Thread, ThreadBox
from app.providers.mail.base import FetchedMail
from app.providers.mail.imap_smtp import ImapSmtpProvider
from app.sync import events as told
from app.sync.services.folders import save_folders
from app.sync.services.pulling import pull_folder
from app.sync.services.scopes import LeaseLost, claim_folder, hold_folder
from app.sync.services.states import settle_vanished
from tests.factories import make_outbox
from tests.sync.conftest import Mailbox
from tests.sync.mails import raw_mail

pytestmark = pytest.mark.dovecot


def pull(mailbox: Mailbox, until: float | None = None) -> None:
    provider = mailbox.provider()
    try:
        found = provider.folders()
        with unit_of_work():
            ids = [f.id for f in save_folders(mailbox.account.id, found) if f.is_synced]
        for folder_id in ids:
            pull_folder(provider, folder_id, until=monotonic() + 60 if until is None else until)
    finally:
        provider.close()


def everything() -> list[list[str]]:
    """All that sync keeps, to see that nothing changed."""
    found = []
    for model in (Message, Thread, ThreadBox, Placement):
        columns = [c for c in sa.inspect(model).columns if c.name not in {"updated_at", "search"}]
        rows = db.session.execute(sa.select(*(getattr(model, c.name) for c in columns)))
        found.append(sorted(map(repr, rows)))
    return found


def messages() -> list[Message]:
    return list(db.session.scalars(sa.select(Message).order_by(Message.at, Message.id)))


def test_a_mail_lands_with_its_thread_and_box(mailbox: Mailbox, heard: list) -> None:
    mailbox.deliver(raw_mail(subject="Question", text="What does it cost?"))
    pull(mailbox)
    [message] = messages()
    thread = db.session.get_one(Thread, message.thread_id)
    assert (message.subject, message.direction, message.kind) == ("Question", "in", "human")
    assert (thread.unread_count, thread.message_count, thread.snippet) == (
        1,
        1,
        "What does it cost?",
    )
    roles = db.session.scalars(sa.select(ThreadBox.role).order_by(ThreadBox.role)).all()
    assert list(roles) == ["all", "inbox"]
    assert [type(e) for e in heard] == [told.MessageReceived]


def test_syncing_twice_changes_nothing(mailbox: Mailbox, heard: list) -> None:
    for number in range(3):
        mailbox.deliver(raw_mail(subject=f"Mail {number}"))
    pull(mailbox)
    before, count = everything(), len(heard)
    pull(mailbox)
    assert everything() == before
    assert len(heard) == count


def test_a_reply_is_matched_and_announced(mailbox: Mailbox, heard: list) -> None:
    row = make_outbox(
        mailbox.account,
        to_email="lea@example.test",
        state="sent",
        sent_at=utcnow(),
        message_id="ours1@sandbox.test",
        campaign_id=5,
        campaign_lead_id=6,
        lead_id=7,
    )
    db.session.commit()
    mailbox.deliver(raw_mail(in_reply_to="ours1@sandbox.test"))
    pull(mailbox)
    [reply] = [e for e in heard if isinstance(e, told.ReplyReceived)]
    assert (reply.outbox_id, reply.campaign_lead_id, reply.method) == (row.id, 6, "references")
    thread = db.session.get_one(Thread, reply.thread_id)
    assert (thread.campaign_id, thread.campaign_lead_id, thread.lead_id) == (5, 6, 7)


def test_a_new_mail_of_somebody_we_wrote_to_is_a_reply_by_address(
    mailbox: Mailbox, heard: list
) -> None:
    make_outbox(
        mailbox.account,
        to_email="lea@example.test",
        state="sent",
        sent_at=utcnow() - timedelta(days=1),
        campaign_id=5,
        campaign_lead_id=6,
    )
    db.session.commit()
    mailbox.deliver(raw_mail(subject="About your offer"))
    pull(mailbox)
    [reply] = [e for e in heard if isinstance(e, told.ReplyReceived)]
    assert (reply.campaign_lead_id, reply.method, reply.confidence) == (6, "address", 0.8)


def test_mail_older_than_the_account_fires_nothing(mailbox: Mailbox, heard: list) -> None:
    make_outbox(
        mailbox.account,
        to_email="lea@example.test",
        state="sent",
        sent_at=utcnow() - timedelta(days=9),
        message_id="old@sandbox.test",
        campaign_id=5,
        campaign_lead_id=6,
    )
    db.session.commit()
    mailbox.deliver(
        raw_mail(in_reply_to="old@sandbox.test"), at=datetime.now(UTC) - timedelta(days=2)
    )
    pull(mailbox)
    assert len(messages()) == 1
    assert heard == []


def test_our_mail_in_sent_and_inbox_lands_once(mailbox: Mailbox) -> None:
    raw = raw_mail(
        sender=mailbox.account.email, to=mailbox.account.email, message_id="self@sandbox.test"
    )
    mailbox.deliver(raw)
    mailbox.deliver(raw, "Sent", (r"\Seen",))
    pull(mailbox)
    [message] = messages()
    assert message.direction == "out"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Placement)) == 2


def test_an_answer_joins_the_thread_of_the_mail_seen_later(mailbox: Mailbox) -> None:
    """The inbox is read before Sent: the answered mail is a ghost until its copy is seen."""
    mailbox.deliver(raw_mail(in_reply_to="first@sandbox.test"))
    sent = raw_mail(
        sender=mailbox.account.email,
        to="lea@example.test",
        subject="Hello",
        message_id="first@sandbox.test",
        at=datetime.now(UTC) - timedelta(hours=1),
    )
    mailbox.deliver(sent, "Sent", at=datetime.now(UTC) - timedelta(hours=1))
    pull(mailbox)
    first, answer = messages()
    assert (first.direction, answer.direction) == ("out", "in")
    assert first.thread_id == answer.thread_id
    thread = db.session.get_one(Thread, first.thread_id)
    assert thread.message_count == 2


def test_two_threads_become_one_when_a_mail_names_both(mailbox: Mailbox) -> None:
    mailbox.deliver(raw_mail(subject="One", message_id="one@example.test"))
    mailbox.deliver(raw_mail(subject="Two", message_id="two@example.test"))
    pull(mailbox)
    mailbox.deliver(raw_mail(subject="Both", references="<one@example.test> <two@example.test>"))
    pull(mailbox)
    assert len({m.thread_id for m in messages()}) == 1
    pointing = db.session.scalars(sa.select(Thread).where(Thread.merged_into_id.is_not(None))).all()
    assert [t.message_count for t in pointing] == [0]


def test_flags_of_other_programs_are_taken_over(mailbox: Mailbox) -> None:
    mailbox.deliver(raw_mail())
    pull(mailbox)
    mailbox.client.select_folder("INBOX")
    [uid] = mailbox.client.search("ALL")
    mailbox.client.add_flags([uid], [r"\Seen", r"\Flagged"])
    pull(mailbox)
    [message] = messages()
    thread = db.session.get_one(Thread, message.thread_id)
    assert (message.is_seen, thread.unread_count, thread.is_starred) == (True, 0, True)


def test_vanished_mail_leaves_the_inbox_in_two_phases(mailbox: Mailbox, freeze) -> None:
    mailbox.deliver(raw_mail())
    pull(mailbox)
    mailbox.client.select_folder("INBOX")
    mailbox.client.delete_messages(mailbox.client.search("ALL"))
    mailbox.client.expunge()
    pull(mailbox)
    with unit_of_work():
        settle_vanished()  # too early: it may have moved to a folder that is read next
    db.session.expire_all()
    assert messages()[0].deleted_at is None
    with freeze(datetime.now(UTC) + timedelta(minutes=5)), unit_of_work():
        settle_vanished()
    db.session.expire_all()
    assert messages()[0].deleted_at is not None
    assert "inbox" not in db.session.scalars(sa.select(ThreadBox.role)).all()


def test_a_moved_mail_is_the_same_mail(mailbox: Mailbox, freeze, heard: list) -> None:
    mailbox.deliver(raw_mail())
    pull(mailbox)
    mailbox.client.select_folder("INBOX")
    mailbox.client.move(mailbox.client.search("ALL"), "Archive")
    pull(mailbox)
    mailbox.client.select_folder("Archive")
    mailbox.client.move(mailbox.client.search("ALL"), "INBOX")
    pull(mailbox)
    with freeze(datetime.now(UTC) + timedelta(minutes=5)), unit_of_work():
        settle_vanished()
    db.session.expire_all()
    [message] = messages()
    assert message.deleted_at is None
    assert len(heard) == 1


def test_renumbered_folder_is_recognised(mailbox: Mailbox, heard: list) -> None:
    for number in range(3):
        mailbox.deliver(raw_mail(subject=f"Mail {number}"))
    pull(mailbox)
    count = len(heard)
    kept = [(m.id, m.provider_key) for m in messages()]
    mailbox.clients.pop().logout()
    home = mailbox.server.folder / "home" / mailbox.account.email / "mail"
    for file in home.glob("dovecot.index*"):
        file.unlink()
    numbers = home / "dovecot-uidlist"  # "3 V<uidvalidity> …": the server numbers its mail anew
    numbers.write_text(
        re.sub(r" V(\d+)", lambda m: f" V{int(m[1]) + 7}", numbers.read_text(), count=1)
    )
    before = db.session.scalars(sa.select(Folder.uidvalidity).where(Folder.role == "inbox")).one()
    pull(mailbox)
    after = db.session.scalars(sa.select(Folder.uidvalidity).where(Folder.role == "inbox")).one()
    assert before != after, "the server did not renumber: this test shows nothing"
    assert [(m.id, m.provider_key) for m in messages()] == kept
    assert len(heard) == count
    numbers = db.session.scalars(
        sa.select(Placement.uidvalidity).where(Placement.vanished_at.is_(None))
    ).all()
    assert set(numbers) == {after}


def test_a_worker_that_overslept_cannot_apply(mailbox: Mailbox) -> None:
    mailbox.deliver(raw_mail())
    provider = mailbox.provider()
    with unit_of_work():
        folders = save_folders(mailbox.account.id, provider.folders())
        inbox = next(f.id for f in folders if f.role == "inbox")
    with unit_of_work():
        slow = claim_folder(inbox)
    assert slow is not None
    with unit_of_work():
        db.session.execute(sa.update(Folder).values(lease_until=utcnow() - timedelta(seconds=1)))
    assert pull_folder(provider, inbox, until=monotonic() + 60)
    with pytest.raises(LeaseLost), unit_of_work():
        hold_folder(slow)
    provider.close()


class Overtaken(ImapSmtpProvider):
    """A real mailbox whose worker loses its lease between the last byte read and the first write."""

    def fetch(self, folder: str, uids: Sequence[int]) -> Iterator[FetchedMail]:
        yield from super().fetch(folder, uids)
        with unit_of_work():
            db.session.execute(sa.update(Folder).values(fence=Folder.fence + 1, lease_until=None))


def test_what_was_fetched_before_the_lease_was_lost_is_not_applied(mailbox: Mailbox) -> None:
    mailbox.deliver(raw_mail())
    pull_inbox_of(mailbox, Overtaken)
    assert messages() == []
    pull(mailbox)
    assert len(messages()) == 1


def pull_inbox_of(mailbox: Mailbox, kind: type[ImapSmtpProvider]) -> None:
    known = mailbox.provider()
    provider = kind(known.imap.server.username, known.imap.server, known.imap.server)
    with unit_of_work():
        folders = save_folders(mailbox.account.id, provider.folders())
        inbox = next(f.id for f in folders if f.role == "inbox")
    with pytest.raises(LeaseLost):
        pull_folder(provider, inbox, until=monotonic() + 60)
    provider.close()


def test_a_claimed_folder_is_left_to_its_worker(mailbox: Mailbox) -> None:
    mailbox.deliver(raw_mail())
    provider = mailbox.provider()
    with unit_of_work():
        folders = save_folders(mailbox.account.id, provider.folders())
        inbox = next(f.id for f in folders if f.role == "inbox")
    with unit_of_work():
        assert claim_folder(inbox)
        assert claim_folder(inbox) is None
    assert pull_folder(provider, inbox, until=monotonic() + 60)
    assert messages() == []
    provider.close()


def test_a_first_sync_cut_short_goes_on_where_it_stopped(mailbox: Mailbox, heard: list) -> None:
    start = datetime.now(UTC) - timedelta(days=2)
    for number in range(120):
        mailbox.deliver(
            raw_mail(subject=f"Mail {number}", at=start), at=start + timedelta(minutes=number)
        )
    pull(mailbox, until=0.0)
    cut = messages()
    assert 0 < len(cut) < 120
    assert (
        max(m.at for m in cut) > max(m.at for m in messages()[:1]) or cut[-1].subject == "Mail 119"
    )
    folder = db.session.scalars(sa.select(Folder).where(Folder.role == "inbox")).one()
    assert folder.progress["total"] == 120
    assert folder.cursor == {}
    pull(mailbox)
    assert len(messages()) == 120
    assert heard == []
