"""What happened to mail that is stored already: flags, disappearance, new numbering."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core.clock import utcnow
from app.core.db import db
from app.core.tenancy import require_workspace_id
from app.mailhub.services import refresh_threads
from app.models import Message, Placement
from app.providers.mail.base import MailIdentity
from app.sync import queries
from app.sync.policies import SETTLE
from app.sync.services.scopes import Scope

# Our own change is still on its way, or its echo is: what the server says now is older.
_ECHO = timedelta(seconds=90)
_CHUNK = 1_000


def apply_flags(scope: Scope, uidvalidity: int, flags: Mapping[int, frozenset[str]]) -> int:
    """Take over read and starred from the server, except where a change of ours is pending."""
    changed: set[int] = set()
    uids = sorted(flags)
    for start in range(0, len(uids), _CHUNK):
        rows = queries.messages_at(scope.folder_id, uidvalidity, uids[start : start + _CHUNK])
        held = queries.open_flag_actions((row.id for row in rows.values()), utcnow() - _ECHO)
        for uid, row in rows.items():
            seen = r"\Seen" in flags[uid] or row.direction == "out"
            starred = r"\Flagged" in flags[uid]
            if held & {(row.id, "seen"), (row.id, "unseen")}:
                seen = row.is_seen
            if held & {(row.id, "flagged"), (row.id, "unflagged")}:
                starred = row.is_flagged
            if (row.is_seen, row.is_flagged) == (seen, starred):
                continue
            change = {"is_seen": seen, "is_flagged": starred}
            db.session.execute(sa.update(Message).where(Message.id == row.id).values(**change))
            changed.add(row.thread_id)
    refresh_threads(changed)
    return len(changed)


def note_vanished(
    scope: Scope, uidvalidity: int, vanished: Iterable[int], present: frozenset[int] | None
) -> None:
    """First phase of a deletion: the mail may only be on its way to another folder."""
    gone = set(vanished)
    if present is not None:
        gone |= queries.placed_uids(scope.folder_id, uidvalidity) - present
    _mark(scope, uidvalidity, sorted(gone))


def _mark(scope: Scope, uidvalidity: int, uids: list[int]) -> None:
    for start in range(0, len(uids), _CHUNK):
        db.session.execute(
            sa.update(Placement)
            .where(
                Placement.folder_id == scope.folder_id,
                Placement.uidvalidity == uidvalidity,
                Placement.uid.in_(uids[start : start + _CHUNK]),
                Placement.vanished_at.is_(None),
            )
            .values(vanished_at=utcnow())
        )


def settle_vanished() -> int:
    """Second phase: what stands nowhere any more is marked as gone. Repeating changes nothing."""
    rows = queries.settled_vanished(utcnow() - SETTLE)
    for row in rows:
        db.session.execute(
            sa.delete(Placement).where(
                Placement.folder_id == row.folder_id,
                Placement.uidvalidity == row.uidvalidity,
                Placement.uid == row.uid,
                Placement.vanished_at.is_not(None),
            )
        )
    nowhere = {row.message_id for row in rows}
    nowhere -= queries.placed_messages(nowhere)
    threads = db.session.scalars(
        sa.update(Message)
        .where(Message.id.in_(nowhere), Message.direction == "in", Message.deleted_at.is_(None))
        .values(deleted_at=utcnow())
        .returning(Message.thread_id)
    ).all()
    refresh_threads(threads)
    return len(rows)


def renumber(scope: Scope, uidvalidity: int, identities: Iterable[MailIdentity]) -> None:
    """The server numbers its mail anew: find stored mail again by what it is.

    Message-ID and size together identify it, the time of arrival decides between copies. Nothing
    is deleted here: what is not found again counts as vanished.
    """
    old = [row for row in queries.placements_of(scope.folder_id) if row.uidvalidity != uidvalidity]
    by_identity: dict[tuple[str, int], list[int]] = {}
    for row in sorted(old, key=lambda one: one.at):
        by_identity.setdefault((row.message_id, row.size), []).append(row.row_id)
    placed = []
    for one in sorted(identities, key=lambda each: each.uid):
        rows = by_identity.get((one.message_id.strip("<> "), one.size))
        if rows:
            placed.append((one.uid, rows.pop(0) if len(rows) > 1 else rows[0]))
    _place_again(scope, uidvalidity, placed)
    _drop_old_numbers(scope, uidvalidity, {row_id for _, row_id in placed})


def _place_again(scope: Scope, uidvalidity: int, placed: list[tuple[int, int]]) -> None:
    rows = [
        {
            "workspace_id": require_workspace_id(),
            "folder_id": scope.folder_id,
            "uidvalidity": uidvalidity,
            "uid": uid,
            "message_id": row_id,
        }
        for uid, row_id in placed
    ]
    if rows:
        db.session.execute(insert(Placement).on_conflict_do_nothing(), rows)


def _drop_old_numbers(scope: Scope, uidvalidity: int, found: set[int]) -> None:
    others = (Placement.folder_id == scope.folder_id, Placement.uidvalidity != uidvalidity)
    db.session.execute(sa.delete(Placement).where(*others, Placement.message_id.in_(found)))
    db.session.execute(
        sa.update(Placement)
        .where(*others, Placement.vanished_at.is_(None))
        .values(vanished_at=utcnow())
    )
