"""The post office: takes a mail, files the sender's copy, delivers, and wakes the recipients."""

import time
from typing import Any

from app.sandbox.passwords import SYSTEM_ADDRESS
from app.sandbox.world.journal import Record
from app.sandbox.world.ledger import Ledger
from app.sandbox.world.mailboxes import Box
from app.sandbox.world.mailstore import MailStore
from app.sandbox.world.people import People, refuses
from app.sandbox.world.reading import read_mail

WORLD = "sandbox.test"


class PostOffice:
    """Delivery inside the world; nothing ever leaves it."""

    def __init__(
        self, ledger: Ledger, store: MailStore, people: People, *, file_sent: bool, speed: float
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._people = people
        self._file_sent = file_sent
        self._speed = speed

    def refusal(self, sender: str, recipient: str) -> str | None:
        """The server's words when it does not take mail for this address, None when it does."""
        if sender == SYSTEM_ADDRESS:
            return None
        if not in_world(recipient):
            return "550 5.7.1 Relaying denied: the sandbox delivers to sandbox.test addresses only"
        if recipient in self._store.clients:
            return None
        person = self._people.get(recipient, domain_of(sender))
        if not self._people.knows(recipient, person.domain):
            self._ledger.commit(self._people.first_met(person))
        if not refuses(person):
            return None
        return f"550 5.1.1 <{recipient}>: there is no such mailbox here"

    async def accept(self, sender: str, recipients: list[str], raw: bytes) -> None:
        """Deliver a submitted mail; returns when it is safely on disk, then it may be answered.

        Everything that follows from it, copies and people's plans, is one record.
        """
        now = time.time()
        places: list[tuple[Box, list[str]]] = []
        if self._files_sent(sender):
            places.append(((sender, "Sent"), ["\\Seen"]))
        places.extend(((address, "INBOX"), []) for address in dict.fromkeys(recipients))
        also = self._reactions(sender, list(dict.fromkeys(recipients)), raw, now)
        self._store.add(places, raw, now, also)
        await self._ledger.synced()

    def welcome(self, address: str) -> None:
        """Somebody signed in with this address: a program of the app, not a simulated person."""
        self._store.mark_client(address)

    def deliver_letter(self, recipient: str, raw: bytes, also: Record) -> None:
        """Put a simulated person's or server's mail into an INBOX, together with `also`."""
        self._store.add([((recipient, "INBOX"), [])], raw, time.time(), also)

    def _files_sent(self, sender: str) -> bool:
        return self._file_sent and "+nosent@" not in sender

    def _reactions(self, sender: str, recipients: list[str], raw: bytes, now: float) -> Record:
        mail = read_mail(raw)
        if sender == SYSTEM_ADDRESS or mail.automatic:
            return {}
        record: dict[str, Any] = {"people": [], "plan": []}
        blob = self._ledger.new_blob()
        for address in recipients:
            if in_world(address) and address not in self._store.clients:
                person = self._people.get(address, domain_of(sender))
                part = self._people.received(person, mail, blob, now, self._speed)
                self._renumber(part, len(record["plan"]))
                record["people"] += part["people"]
                record["plan"] += part["plan"]
        return record

    @staticmethod
    def _renumber(part: Record, already: int) -> None:
        for errand in part["plan"]:
            errand["id"] += already


def in_world(address: str) -> bool:
    """Whether an address belongs to the simulated world."""
    domain = domain_of(address)
    return domain == WORLD or domain.endswith("." + WORLD)


def domain_of(address: str) -> str:
    """The part after the @."""
    return address.rpartition("@")[2]
