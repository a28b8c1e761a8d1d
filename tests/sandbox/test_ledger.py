"""The ledger: compaction and replay lose nothing that is alive, and drop what is not."""

import asyncio
import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymap.flags import FlagOp
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Flag

from app.sandbox.world.ledger import Ledger
from app.sandbox.world.mailstore import STRANGER_MAILS, MailStore
from app.sandbox.world.people import People
from app.sandbox.world.post import PostOffice

MIA = "mia@acme.sandbox.test"
RAW = b"Message-ID: <%d@a>\r\nFrom: mia@acme.sandbox.test\r\nSubject: Hi\r\n\r\nbody %d\r\n"


async def opened(path: Path) -> tuple[Ledger, MailStore, People]:
    ledger = Ledger(path)
    store, people = MailStore(ledger), People()
    await ledger.open(store, people)
    return ledger, store, people


def picture(ledger: Ledger, store: MailStore, people: People) -> str:
    """Everything a client could see and everything that will happen."""
    boxes = {
        "/".join(box.box): [
            box.uid_validity,
            box.next_uid,
            [[*message.placed(), ledger.read(message.blob).decode()] for message in box.stored()],
        ]
        for account in store.accounts.values()
        for box in account.boxes.values()
    }
    return json.dumps([boxes, list(people.snapshot()), sorted(store.clients)], sort_keys=True)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["add", "flag", "move", "copy", "delete", "plan"]), st.integers(1, 12)
    ),
    max_size=40,
)


async def perform(ledger: Ledger, store: MailStore, people: People, act: str, number: int) -> None:
    inbox, archive = store.box(MIA, "INBOX"), store.box(MIA, "Archive")
    known = {message.uid: message for message in inbox.stored()}
    if act == "add":
        await inbox.append(AppendMessage(RAW % (number, number), None, frozenset({Flag("\\Seen")})))
    elif act == "flag" and number in known:
        await inbox.update(number, known[number], frozenset({Flag("\\Flagged")}), FlagOp.ADD)
    elif act == "move":
        await inbox.move(number, archive)
    elif act == "copy":
        await inbox.copy(number, archive)
    elif act == "delete":
        await inbox.delete([number])
    elif act == "plan":
        post = PostOffice(ledger, store, people, file_sent=True, speed=1)
        await post.accept(MIA, [f"p{number}+reply@x.sandbox.test"], RAW % (number, number))


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ACTS)
def test_compacted_and_replayed_the_world_is_the_same(tmp_path_factory, acts) -> None:
    path = tmp_path_factory.mktemp("ledger") / "mail.journal"

    async def scenario() -> list[str]:
        ledger, store, people = await opened(path)
        store.mark_client(MIA)
        for act, number in acts:
            await perform(ledger, store, people, act, number)
        pictures = [picture(ledger, store, people)]
        ledger.close()
        for _time in range(2):
            ledger, store, people = await opened(path)
            pictures.append(picture(ledger, store, people))
            await ledger.compact()
            pictures.append(picture(ledger, store, people))
            ledger.close()
        return pictures

    assert len(set(asyncio.run(scenario()))) == 1


def test_compaction_bounds_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "mail.journal"

    async def scenario() -> tuple[int, int, int]:
        ledger, store, _people = await opened(path)
        for number in range(300):
            store.add([(("anna@x.sandbox.test", "INBOX"), [])], RAW % (number, number) * 50, 1.0)
        before = path.stat().st_size
        await ledger.compact()
        kept = len(store.box("anna@x.sandbox.test", "INBOX").stored())
        ledger.close()
        return before, path.stat().st_size, kept

    before, after, kept = asyncio.run(scenario())
    assert kept == STRANGER_MAILS
    assert after < before / 5
