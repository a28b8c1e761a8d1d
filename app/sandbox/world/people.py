"""Who the simulated people are, what they have received, and what they are about to do.

Keys of a record: `people` persons as they are now, `plan` acts to come, `done` acts that
have happened. A person is known per sender's domain, so each workspace meets everybody
afresh and its pattern of behaviours starts at the beginning.
"""

import heapq
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from random import Random

from app.sandbox.world.behaviours import Act, Habit, Kind, Step, habit_of, reactions, thanks
from app.sandbox.world.journal import Record
from app.sandbox.world.reading import Mail

REMEMBERED_THREADS = 20


@dataclass
class Person:
    """One stranger as one sender's domain knows them; `threads` maps roots to our answers."""

    address: str
    domain: str
    number: int
    mails: int = 0
    threads: dict[str, str] = field(default_factory=dict)
    thanked: list[str] = field(default_factory=list)

    @property
    def habit(self) -> Habit:
        return habit_of(self.address, self.number)

    def conversation(self, mail: Mail) -> str | None:
        """The root of the thread when the mail answers something this person wrote."""
        cited = {*mail.references, mail.in_reply_to}
        known = next((root for root, ours in self.threads.items() if ours in cited), None)
        if known is None and mail.in_reply_to.endswith(f"@{self.address.partition('@')[2]}>"):
            return mail.root  # an older conversation that this journal does not hold
        return known


@dataclass(frozen=True)
class Errand:
    """An act to be done at a moment (seconds of the epoch), about one received mail."""

    id: int
    at: float
    act: Act
    address: str
    domain: str
    blob: int


class People:
    """All persons and errands."""

    def __init__(self) -> None:
        self._persons: dict[tuple[str, str], Person] = {}
        self._met: dict[str, int] = {}
        self._errands: dict[int, Errand] = {}
        self._order: list[tuple[float, int]] = []
        self._last_errand = 0

    # Questions --------------------------------------------------------------------------

    def get(self, address: str, domain: str) -> Person:
        """The person, or a new one with the next number, not yet recorded."""
        known = self._persons.get((address, domain))
        return known or Person(address, domain, self._met.get(domain, 0))

    def knows(self, address: str, domain: str) -> bool:
        """Whether the domain has written to this address before."""
        return (address, domain) in self._persons

    def take_due(self, now: float) -> Errand | None:
        """The first errand whose time has come, given out once per run of the process.

        It stays in the ledger until a record says it is done, so a restart gives it out again.
        """
        while self._order and self._order[0][0] <= now:
            errand = self._errands.get(heapq.heappop(self._order)[1])
            if errand is not None:
                return errand
        return None

    def give_back(self, errand: Errand) -> None:
        """The errand could not be done now: it is due again."""
        heapq.heappush(self._order, (errand.at, errand.id))

    # Records ----------------------------------------------------------------------------

    def first_met(self, person: Person) -> Record:
        """A record that a stranger was written to, also when the mail is then refused."""
        return {"people": [asdict(person)]}

    def received(self, person: Person, mail: Mail, blob: int, now: float, speed: float) -> Record:
        """A record of what a newly arrived mail makes this person do."""
        chance = Random(f"{person.address}|{person.domain}|{person.mails}")  # noqa: S311
        updated = Person(**asdict(person))
        updated.mails += 1
        root = person.conversation(mail)
        if root is not None:
            steps = [] if root in person.thanked else thanks(chance)
            updated.thanked = [*person.thanked, root][-REMEMBERED_THREADS:]
        else:
            answered = mail.root in person.threads
            steps = reactions(person.habit, updated.mails, chance, answered=answered)
        plan = [
            asdict(self._errand(index, person, step, blob, now, speed))
            for index, step in enumerate(steps, self._last_errand + 1)
        ]
        return {"people": [asdict(updated)], "plan": plan}

    @staticmethod
    def _errand(
        number: int, person: Person, step: Step, blob: int, now: float, speed: float
    ) -> Errand:
        at = now + step.after / speed
        return Errand(number, at, step.act, person.address, person.domain, blob)

    def answered(self, errand: Errand, root: str, message_id: str) -> Record:
        """A record that the person has answered this conversation."""
        person = Person(**asdict(self.get(errand.address, errand.domain)))
        threads = {**person.threads, root: message_id}
        person.threads = dict(list(threads.items())[-REMEMBERED_THREADS:])
        return {"people": [asdict(person)], "done": [errand.id]}

    # Part of the ledger -----------------------------------------------------------------

    def apply(self, record: Record) -> None:
        """Take over what a record says about people and errands."""
        for values in record.get("people", ()):
            person = Person(**values)
            self._persons[person.address, person.domain] = person
            met = max(self._met.get(person.domain, 0), person.number + 1)
            self._met[person.domain] = met
        for values in record.get("plan", ()):
            self._add(Errand(**{**values, "act": Act(values["act"])}))
        for number in record.get("done", ()):
            self._errands.pop(number, None)

    def _add(self, errand: Errand) -> None:
        self._errands[errand.id] = errand
        self._last_errand = max(self._last_errand, errand.id)
        heapq.heappush(self._order, (errand.at, errand.id))

    def live_blobs(self) -> set[int]:
        """The mails that some errand is about."""
        return {errand.blob for errand in self._errands.values()}

    def snapshot(self) -> Iterator[Record]:
        """Records that rebuild everybody and everything to be done."""
        for person in self._persons.values():
            yield {"people": [asdict(person)]}
        for errand in self._errands.values():
            yield {"plan": [asdict(errand)]}


def refuses(person: Person) -> bool:
    """Whether the person's server says at once that there is no such mailbox."""
    return person.habit.kind is Kind.BOUNCE
