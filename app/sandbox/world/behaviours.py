"""What a simulated recipient does with a mail, and when: pure rules, no clock, no network.

Luck would sometimes leave a demo without a single answer, so people are not drawn by lot:
the n-th stranger a sender's domain writes to takes place n of a repeating pattern of ten.
Any ten strangers in a row therefore hold every place once: one answers the first mail within
about 100 seconds and four open within 40; of those who get a second mail one in ten answers
that, and of those who get a third one in twenty. A tag in the address (`anna+reply@…`) overrides
the pattern. Mail programs' robots act at once; people here are always slower than the
thresholds by which software tells the two apart.
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

EARLIEST_OPEN = 12.0
EARLIEST_CLICK = 10.0
EARLIEST_REPLY = 65.0


class Kind(StrEnum):
    """Habits; the value is the tag that asks for it in an address."""

    REPLY = "reply"
    OPEN = "open"
    CLICK = "click"
    AWAY = "ooo"
    BOUNCE = "bounce"
    DSN = "dsn"
    UNSUBSCRIBE = "unsub"
    SPAM = "spam"
    SILENT = "silent"


class Act(StrEnum):
    """Things a person, or a server for them, can do."""

    OPEN = "open"
    CLICK = "click"
    REPLY = "reply"
    THANK = "thank"
    AWAY = "away"
    DSN = "dsn"
    UNSUBSCRIBE = "unsubscribe"
    SPAM = "spam"


@dataclass(frozen=True)
class Habit:
    """How one person treats mail from one sender: from the n-th mail on, quickly or not."""

    kind: Kind
    fast: bool = False
    from_mail: int = 1


@dataclass(frozen=True)
class Step:
    """One act, `after` seconds after the mail arrived."""

    act: Act
    after: float


FAST_REPLY = Habit(Kind.REPLY, fast=True)
FAST_OPEN = Habit(Kind.OPEN, fast=True)
FAST_CLICK = Habit(Kind.CLICK, fast=True)
SLOW_OPEN = Habit(Kind.OPEN)
SILENT = Habit(Kind.SILENT)
SECOND_REPLY = Habit(Kind.REPLY, fast=True, from_mail=2)
THIRD_REPLY = Habit(Kind.REPLY, fast=True, from_mail=3)
# Which answer text a place takes: the places that answer, in the order they come to it.
ANSWERING = {0: 0, 5: 1, 3: 2}
ODD = (Kind.AWAY, Kind.CLICK, Kind.UNSUBSCRIBE, Kind.OPEN, Kind.AWAY, Kind.SPAM)
RARE = (Kind.SILENT, Kind.OPEN, Kind.BOUNCE, Kind.SILENT, Kind.CLICK, Kind.SILENT)


def habit_of(address: str, number: int) -> Habit:
    """The habit of the `number`-th stranger (from 0) that a domain has written to."""
    tag = tag_of(address)
    if tag:
        return Habit(tag, fast=True)
    group, place = divmod(number, 10)
    return _pattern(group)[place]


def _pattern(group: int) -> tuple[Habit, ...]:
    rare = RARE[group % 6]
    if rare is Kind.BOUNCE and (group // 6) % 2:
        rare = Kind.DSN
    return (
        FAST_REPLY,
        FAST_OPEN,
        FAST_CLICK,
        SILENT if group % 2 else THIRD_REPLY,
        FAST_OPEN,
        SECOND_REPLY,
        SLOW_OPEN,
        Habit(ODD[group % 6]),
        Habit(rare),
        SILENT,
    )


def tag_of(address: str) -> Kind | None:
    """The habit asked for in `name+tag@…`, if any."""
    tags = address.partition("@")[0].split("+")[1:]
    return next((Kind(tag) for tag in tags if tag in set(Kind)), None)


def reply_ordinal(number: int) -> int:
    """Which answer text the person takes, so that neighbours do not write the same."""
    group, place = divmod(number, 10)
    return 3 * group + ANSWERING.get(place, 0)


def reactions(habit: Habit, nth: int, chance: Random, *, answered: bool = False) -> list[Step]:
    """What follows the arrival of the n-th mail (from 1); `answered` when this thread was."""
    if nth < habit.from_mail:
        return _maybe_open(habit, chance, likely=0.5)
    match habit.kind:
        case Kind.REPLY if answered:
            return _maybe_open(habit, chance, likely=0.7)
        case Kind.OPEN:
            return _maybe_open(habit, chance, likely=1 if nth == 1 or habit.fast else 0.5)
        case Kind.AWAY if nth > 1:
            return _maybe_open(habit, chance, likely=0.5)
        case Kind.AWAY:
            return [Step(Act.AWAY, chance.uniform(3, 9))]
        case Kind.DSN:
            return [Step(Act.DSN, chance.uniform(15, 35))]
        case Kind.BOUNCE | Kind.SILENT:
            return []
        case _:
            return _opened_then(habit, chance)


def thanks(chance: Random) -> list[Step]:
    """What follows a personal answer in a thread: it is read, then a short thank-you."""
    opened = chance.uniform(EARLIEST_OPEN, 25)
    return [Step(Act.OPEN, opened), Step(Act.THANK, chance.uniform(EARLIEST_REPLY, 90))]


def _open_after(habit: Habit, chance: Random) -> float:
    return chance.uniform(EARLIEST_OPEN, 30) if habit.fast else chance.uniform(40, 95)


def _maybe_open(habit: Habit, chance: Random, *, likely: float) -> list[Step]:
    after = _open_after(habit, chance)
    return [Step(Act.OPEN, after)] if chance.random() < likely else []


def _opened_then(habit: Habit, chance: Random) -> list[Step]:
    """An open, then what the habit adds to it."""
    opened = _open_after(habit, chance)
    steps = [Step(Act.OPEN, opened)]
    for act, earliest, pause in _second_acts(habit, chance):
        steps.append(Step(act, max(earliest, opened + pause)))
    return steps


def _second_acts(habit: Habit, chance: Random) -> list[tuple[Act, float, float]]:
    """Acts with their earliest moment after arrival and their pause after the open."""
    match habit.kind:
        case Kind.CLICK:
            return [(Act.CLICK, 0, chance.uniform(EARLIEST_CLICK, 25))]
        case Kind.UNSUBSCRIBE:
            return [(Act.UNSUBSCRIBE, 0, chance.uniform(15, 40))]
        case Kind.SPAM:
            return [(Act.SPAM, 0, chance.uniform(10, 30))]
    pause = chance.uniform(30, 45) if habit.fast else chance.uniform(45, 90)
    reply = (Act.REPLY, EARLIEST_REPLY + chance.uniform(0, 5), pause)
    click = (Act.CLICK, 0.0, chance.uniform(EARLIEST_CLICK, 20))
    return [click, reply] if chance.random() < 0.4 else [reply]
