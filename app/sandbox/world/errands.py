"""Runs the plans of simulated people when their time has come, also those made before a restart."""

import asyncio
import logging
import time
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from app.sandbox.world.behaviours import Act, reply_ordinal
from app.sandbox.world.browsing import Unreachable, browser_of, mail_program_of, visit
from app.sandbox.world.ledger import Ledger
from app.sandbox.world.letters import (
    away_letter,
    dsn_letter,
    reply_letter,
    thanks_letter,
    writer_for,
)
from app.sandbox.world.mailstore import MailStore
from app.sandbox.world.people import Errand, People
from app.sandbox.world.post import PostOffice
from app.sandbox.world.reading import Mail, read_mail, same_site, site_of

RETRY_AFTER = (2.0, 10.0, 30.0)
AT_ONCE = 8
LETTERS = {Act.REPLY: reply_letter, Act.THANK: thanks_letter, Act.AWAY: away_letter}

log = logging.getLogger(__name__)


class Errands:
    """Takes errands in order of time and does them, a few at once."""

    def __init__(
        self, ledger: Ledger, store: MailStore, people: People, post: PostOffice, app_url: str
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._people = people
        self._post = post
        self._sites = frozenset({site_of(app_url)}) - {""}
        self._running: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(self) -> None:
        """Work for ever. Looks again every quarter of a second: plans come from anywhere."""
        while True:
            self._start_due()
            await asyncio.sleep(0.25)

    def _start_due(self) -> None:
        while len(self._running) < AT_ONCE:
            errand = self._people.take_due(time.time())
            if errand is None:
                return
            task = asyncio.create_task(self._in_turn(errand))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _in_turn(self, errand: Errand) -> None:
        """Nobody does two things at once: a click that overtakes its open looks like a robot's."""
        turn = self._turns.setdefault(errand.address, asyncio.Lock())
        async with turn:
            await self._do(errand)

    async def _do(self, errand: Errand) -> None:
        """One errand, at most once more than needed after a crash, never lost."""
        try:
            mail = read_mail(self._ledger.read(errand.blob))
            if errand.act in LETTERS or errand.act is Act.DSN:
                self._write(errand, mail)
            elif errand.act is Act.SPAM:
                self._mark_spam(errand)
            else:
                await self._browse(errand, mail)
                self._ledger.commit({"done": [errand.id]})
            await self._ledger.synced()
        except OSError as error:
            log.error("errand %s not recorded: %s", errand.act, error)
            await asyncio.sleep(RETRY_AFTER[-1])
            self._people.give_back(errand)
        except Exception:
            log.exception("errand %s dropped", errand.act)
            self._ledger.commit({"done": [errand.id]})

    def _write(self, errand: Errand, mail: Mail) -> None:
        """Deliver an answer or a report and note it as done, in one record."""
        now = datetime.now(UTC)
        if errand.act is Act.DSN:
            report = dsn_letter(errand.address, self._ledger.read(errand.blob), now)
            self._post.deliver_letter(mail.from_address, report.as_bytes(), {"done": [errand.id]})
            return
        person = self._people.get(errand.address, errand.domain)
        if errand.act is Act.REPLY and mail.root in person.threads:
            self._ledger.commit({"done": [errand.id]})  # a second mail came before the answer
            return
        writer, number = writer_for(errand.address, mail), person.number
        letter = LETTERS[errand.act](writer, mail, reply_ordinal(number), now)
        also = {"done": [errand.id]}
        if errand.act is not Act.AWAY:
            also = self._people.answered(errand, mail.root, str(letter["Message-ID"]))
        self._post.deliver_letter(mail.answer_to, letter.as_bytes(), also)

    def _mark_spam(self, errand: Errand) -> None:
        self._store.move_blob(errand.address, errand.blob, "Junk", {"done": [errand.id]})

    async def _browse(self, errand: Errand, mail: Mail) -> None:
        """Load the pictures, follow a link, or unsubscribe; tries again while the app is away."""
        for pause in (*RETRY_AFTER, None):
            try:
                await self._visit(errand, mail)
            except Unreachable as error:
                log.info("errand %s: %s", errand.act, error)
                if pause is None:
                    return
                await asyncio.sleep(pause)
            else:
                return

    async def _visit(self, errand: Errand, mail: Mail) -> None:
        address = errand.address
        if errand.act is Act.OPEN:
            for url in mail.images[:10]:
                await visit(url, mail_program_of(address), self._sites)
        elif errand.act is Act.CLICK:
            link = next((url for url in mail.links if same_site(url, self._sites)), None)
            if link:
                await visit(link, browser_of(address), self._sites)
        elif mail.one_click_url:
            await visit(mail.one_click_url, browser_of(address), self._sites, one_click=True)
