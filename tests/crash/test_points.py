"""kill -9 at each named point of a send: judged by the server's own log, never by ours.

The table is the one of docs/sending.md: with a server that keeps copies every mail arrives once;
with one that keeps none, a mail that may have left is held and shown, never sent again.
"""

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import events as bus
from app.core.db import db
from app.core.tenancy import require_workspace_id
from app.models import AccountDay, EmailAccount, Outbox
from app.sending.claims import FRESH_SECONDS
from app.sending.copies import file_copies
from app.sending.events import MailSent
from app.sending.jobs import announce_news
from app.sending.queries import attention_page
from app.sending.reconcile import MAX_CRASHES, expire_leases, look_up_doubtful
from app.sending.services import queue_manual_mail, resend_held
from tests.crash.conftest import kill_at_lock

pytestmark = pytest.mark.committed
BEFORE_THE_DOT = ["connect", "mail", "rcpt", "data"]
AFTER_THE_DOT = ["dot", "stored"]
WITH_COPIES = pytest.mark.parametrize("world", ["provider"], indirect=True)
WITHOUT_COPIES = pytest.mark.parametrize("world", ["none", "append"], indirect=True)


CUT = sa.text(
    "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def crash_at(world, phase):
    """Kill a worker when the server is at `phase`, then let the server go on."""
    world.sink.behave(pause_at=phase)
    worker = world.worker()
    world.sink.wait_until_paused()
    worker.kill()
    world.sink.go_on()


def each_once(world):
    wanted = {row.message_id: 1 for row in world.rows()}
    assert dict(world.sink.taken()) == wanted


@pytest.mark.parametrize("world", ["provider", "none"], indirect=True)
def test_a_mail_that_kills_every_worker_is_held(world):
    """It would stand first in its account's queue for ever. Sent again, it has five new lives."""
    [mail] = world.queue(1)
    for state in ["queued"] * (MAX_CRASHES - 1) + ["held"]:
        crash_at(world, "data")
        for _ in range(4):
            world.let_time_pass()
            expire_leases()
            look_up_doubtful(world.account_id)
            db.session.remove()
        assert world.states() == [state]
    assert world.rows()[0].error_text.startswith("Sending this mail broke off 5 times")
    assert not world.sink.taken()
    resend_held(mail)
    db.session.commit()
    crash_at(world, "data")
    world.settle()
    assert world.states() == ["sent"]
    each_once(world)


@WITH_COPIES
class TestServerThatKeepsCopies:
    @pytest.mark.parametrize("phase", BEFORE_THE_DOT + AFTER_THE_DOT)
    def test_each_mail_arrives_once(self, world, phase):
        world.queue(3)
        crash_at(world, phase)
        world.settle()
        assert world.states() == ["sent", "sent", "sent"]
        each_once(world)

    def test_message_thrown_away_by_the_server(self, world):
        world.queue(2)
        world.sink.behave(pause_at="dot", lose="dot")
        worker = world.worker()
        world.sink.wait_until_paused()
        worker.kill()
        world.sink.go_on()
        world.settle()
        assert world.states() == ["sent", "sent"]
        each_once(world)
        assert "not_sent" in world.events()

    def test_in_the_middle_of_the_body(self, world):
        queue_manual_mail(
            account_id=world.account_id,
            to_email="bo@example.com",
            subject="Long",
            body_html="<p>" + "words " * 1_000_000 + "</p>",
            body_text="long",
        )
        db.session.commit()
        crash_at(world, "body")
        world.settle()
        each_once(world)

    def test_before_the_claim_is_committed(self, world, other_session):
        _hold_day(world, other_session)
        world.queue(2)
        worker = world.worker()
        kill_at_lock(worker, other_session)
        assert world.states() == ["queued", "queued"]
        world.settle()
        each_once(world)

    def test_after_the_claim_before_the_connection(self, world, other_session):
        world.queue(2)
        other_session.execute(sa.text("LOCK TABLE tracked_link IN ACCESS EXCLUSIVE MODE"))
        worker = world.worker()
        kill_at_lock(worker, other_session)
        assert world.states() == ["sending", "queued"]
        world.settle()
        each_once(world)

    def test_after_the_answer_before_the_commit(self, world, other_session):
        [first, _] = world.queue(2)
        _kill_before_the_record(world, other_session, first, pause_at="stored")
        world.settle()
        each_once(world)
        assert "found_sent" in world.events()

    @pytest.mark.parametrize("answer", ["451 4.3.0 Later, please", "550 5.7.1 Not wanted"])
    def test_after_a_refusal_before_its_commit(self, world, other_session, answer):
        """Nothing stands in Sent, so it is sent again; a server that means its no repeats it."""
        [first, _] = world.queue(2)
        _kill_before_the_record(world, other_session, first, pause_at="refused", refuse=answer)
        assert not world.sink.taken()
        world.settle()
        assert world.states() == ["sent", "sent"]
        each_once(world)

    def test_postgresql_cuts_the_connection_before_the_record(self, world, other_session):
        """The worker is alive and knows that the mail was taken: it writes that down itself."""
        world.queue(2)
        world.sink.behave(pause_at="stored")
        worker = world.worker()
        world.sink.wait_until_paused()
        other_session.execute(CUT)
        world.sink.go_on()
        worker.wait()
        assert world.states()[0] == "sent"
        world.settle()
        each_once(world)
        assert "lease_expired" not in world.events()[:5]

    def test_after_the_commit_before_the_news(self, world, other_session, told):
        _hold_day(world, other_session)
        queue_manual_mail(
            account_id=world.account_id,
            to_email="bo@example.com",
            subject="x",
            body_html="<p>x</p>",
        )
        db.session.commit()
        worker = world.worker()
        kill_at_lock(worker, other_session)
        assert world.states() == ["sent"]
        announce_news(world.account_id)
        announce_news(world.account_id)
        assert len(told) == 1
        each_once(world)

    def test_news_after_a_crash_know_the_subject(self, world, told):
        world.queue(1)
        crash_at(world, "stored")
        world.settle()
        [event] = told
        assert event.mails[0].subject == "Hi Lead 0"

    def test_a_zombie_wakes_after_its_row_was_sent_again(self, world):
        world.queue(1)
        world.sink.behave(pause_at="data")
        zombie = world.worker()
        world.sink.wait_until_paused()
        zombie.stop()
        time.sleep(FRESH_SECONDS)  # `settle` moves only the times in the database
        world.sink.go_on()
        world.settle()
        assert world.states() == ["sent"]
        zombie.go_on()
        zombie.wait()
        each_once(world)
        assert world.events().count("sent") == 1

    def test_copies_that_do_not_come_prove_nothing(self, world):
        """A server believed to keep copies, which did not keep that of a mail it took."""
        world.queue(1)
        world.worker().wait()
        _forget_copies(world)
        world.queue(1, intent="second")
        world.sink.behave(pause_at="dot", lose="dot")
        worker = world.worker()
        world.sink.wait_until_paused()
        worker.kill()
        world.sink.go_on()
        world.settle()
        assert world.states() == ["sent", "held"]


@WITHOUT_COPIES
class TestServerThatKeepsNone:
    @pytest.mark.parametrize("phase", BEFORE_THE_DOT)
    def test_before_the_dot_nothing_is_in_doubt(self, world, phase):
        world.queue(2)
        crash_at(world, phase)
        world.settle()
        assert world.states() == ["sent", "sent"]
        each_once(world)

    @pytest.mark.parametrize("phase", AFTER_THE_DOT)
    def test_after_the_dot_it_is_held_and_shown(self, world, phase):
        [first, _] = world.queue(2)
        crash_at(world, phase)
        world.settle()
        assert world.states() == ["held", "sent"]
        assert max(world.sink.taken().values()) == 1
        assert [row.id for row in attention_page().items] == [first]

    @pytest.mark.parametrize("answer", ["451 4.3.0 Later, please", "550 5.7.1 Not wanted"])
    def test_a_refusal_nobody_wrote_down_is_held(self, world, other_session, answer):
        [first] = world.queue(1)
        _kill_before_the_record(world, other_session, first, pause_at="refused", refuse=answer)
        world.settle()
        assert world.states() == ["held"]
        assert not world.sink.taken()

    def test_a_person_may_send_it_again(self, world):
        [first] = world.queue(1)
        world.sink.behave(pause_at="dot", lose="dot")
        worker = world.worker()
        world.sink.wait_until_paused()
        worker.kill()
        world.sink.go_on()
        world.settle()
        assert world.states() == ["held"]
        resend_held(first)
        db.session.commit()
        world.settle()
        assert world.states() == ["sent"]
        each_once(world)


@pytest.mark.parametrize("world", ["filing"], indirect=True)
@pytest.mark.parametrize("place", ["outbox", "send_event"])
def test_before_and_after_the_copy_in_sent(world, other_session, mailboxes, place):
    """The table is locked at which the copying stops: before the APPEND, and right after it."""
    world.queue(1)
    world.worker().wait()
    world.let_copies_settle()
    other_session.execute(sa.text(f"LOCK TABLE {place} IN SHARE MODE"))
    kill_at_lock(world.worker(file_copies), other_session)
    assert len(_copies(world, mailboxes)) == (place == "send_event")
    assert file_copies(world.account_id) == 1
    assert file_copies(world.account_id) == 0
    [copy] = _copies(world, mailboxes)
    assert copy == f"<{world.rows()[0].message_id}>"
    each_once(world)


def _copies(world, mailboxes):
    """Message-IDs in the Sent folder."""
    email = db.session.scalar(sa.select(EmailAccount.email))
    db.session.commit()
    client = mailboxes.client(email)
    client.select_folder("Sent")
    found = client.fetch(client.search(), ["ENVELOPE"])
    client.logout()
    return [mail[b"ENVELOPE"].message_id.decode() for mail in found.values()]


def _kill_before_the_record(world, other_session, row_id, **plan):
    """Kill a worker that has read the answer to the dot but cannot write it down."""
    world.sink.behave(**plan)
    worker = world.worker()
    world.sink.wait_until_paused()
    _hold_row(other_session, row_id)
    world.sink.go_on()
    kill_at_lock(worker, other_session)
    assert world.states()[0] == "sending"


@pytest.fixture
def told():
    heard = []
    bus.subscribe(MailSent, heard.append)
    yield heard
    bus._handlers[MailSent].remove(heard.append)


def _hold_day(world, connection):
    """Whoever counts a mail of today has to wait, also when midnight passes meanwhile."""
    from app.core.clock import utcnow

    whose = {"workspace_id": require_workspace_id(), "account_id": world.account_id}
    days = [(utcnow() + timedelta(days=number)).date() for number in range(2)]
    connection.execute(sa.insert(AccountDay), [whose | {"day": day} for day in days])


def _hold_row(connection, row_id):
    connection.execute(sa.select(Outbox.id).where(Outbox.id == row_id).with_for_update())


def _forget_copies(world):
    from imapclient import IMAPClient

    from app.models import EmailAccount

    account = db.session.get(EmailAccount, world.account_id)
    client = IMAPClient("127.0.0.1", account.imap_port, ssl=False)
    client.login(account.email, "secret")
    client.select_folder("Sent")
    client.delete_messages("1:*")
    client.expunge()
    client.logout()
    db.session.commit()
