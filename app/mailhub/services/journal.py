"""Drain the journal: tell the provider what people changed here. Order per message holds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.db import db
from app.core.transactions import unit_of_work
from app.mailhub.queries import messages as queries
from app.models import MailAction
from app.providers.mail.base import MailProvider

MAX_ATTEMPTS = 6
STUCK = timedelta(minutes=10)
_FLAGS = {
    "seen": (r"\Seen", True),
    "unseen": (r"\Seen", False),
    "flagged": (r"\Flagged", True),
    "unflagged": (r"\Flagged", False),
}


@dataclass(frozen=True)
class Order:
    """One change for the provider: a flag on or off for messages of one folder."""

    folder: str
    flag: str
    is_on: bool
    uids: tuple[int, ...]


def claim(account_id: int) -> tuple[list[int], list[Order]]:
    """Take the open actions of an account. Returns their ids and what to tell the provider."""
    db.session.execute(
        sa.update(MailAction)
        .where(
            MailAction.account_id == account_id,
            MailAction.state == "running",
            MailAction.not_before < utcnow() - STUCK,
        )
        .values(state="pending")
    )
    actions = queries.claim_actions(account_id, utcnow())
    for action in actions:
        action.state, action.attempts, action.not_before = "running", action.attempts + 1, utcnow()
    orders = _orders(actions, queries.spots_of({one.message_id for one in actions}))
    return [one.id for one in actions], orders


def _orders(
    actions: Iterable[MailAction], spots: Mapping[int, list[tuple[str, int]]]
) -> list[Order]:
    """The last wish per message and flag; a message that stands nowhere needs nothing."""
    wishes: dict[tuple[int, str], bool] = {}
    for action in actions:
        flag, is_on = _FLAGS[action.kind]
        wishes[action.message_id, flag] = is_on
    groups: dict[tuple[str, str, bool], list[int]] = defaultdict(list)
    for (message_id, flag), is_on in wishes.items():
        for folder, uid in spots.get(message_id, ()):
            groups[folder, flag, is_on].append(uid)
    return [Order(*key, tuple(sorted(uids))) for key, uids in sorted(groups.items())]


def tell(provider: MailProvider, orders: Iterable[Order]) -> None:
    """Say it to the provider. Relative changes: saying it twice is harmless."""
    for order in orders:
        flags = (order.flag,)
        provider.set_flags(
            order.folder,
            order.uids,
            add=flags if order.is_on else (),
            remove=() if order.is_on else flags,
        )


def finish(ids: Iterable[int], error: str = "", *, is_final: bool = False) -> None:
    """Record how it went: done, to be tried again, or given up."""
    with unit_of_work():
        for action in queries.actions_by_ids(list(ids)):
            action.error = error[:500]
            if not error:
                action.state, action.done_at = "done", utcnow()
            elif is_final or action.attempts >= MAX_ATTEMPTS:
                action.state, action.done_at = "failed", utcnow()
            else:
                action.state = "pending"
                action.not_before = utcnow() + timedelta(seconds=15 * 2**action.attempts)
