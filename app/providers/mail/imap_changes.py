"""What changed in a folder since a cursor, in the best way the server offers.

QRESYNC tells everything in one answer; CONDSTORE tells changed flags, and a count that does not
add up shows that mail is gone; a plain server is asked for the flags of its newest mail. The state
of the folder is taken before anything is read: what arrives meanwhile is told next time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from app.providers.mail.base import Changes, Cursor, Reset
from app.providers.mail.imap_reading import fetch_flags, fetch_identities
from app.providers.mail.imap_session import FolderState, ImapSession
from app.providers.mail.imap_wire import ImapWire

PLAIN_FLAG_WINDOW = 2_000
MAX_VANISHED = 100_000
_RANGE = re.compile(rb"(\d+)(?::(\d+))?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class _Seen:
    """A cursor, read back."""

    uidvalidity: int
    uidnext: int
    modseq: int | None
    messages: int


def read_changes(
    session: ImapSession, folder: str, cursor: Cursor | None, since: date | None
) -> Changes:
    """See `MailProvider.changes`."""
    seen = _read_cursor(cursor)

    def read(wire: ImapWire) -> Changes:
        state = session.open_folder(wire, folder)
        if seen is None:
            return _first(wire, state, since)
        if seen.uidvalidity != state.uidvalidity:
            return replace(_first(wire, state, since), reset=Reset.UIDVALIDITY)
        if _went_backwards(seen, state):
            return replace(_everything(wire, seen, state), reset=Reset.MODSEQ)
        if _unchanged(seen, state):
            return _nothing(state)
        return _since(session, wire, seen, state)

    changes = session.run(read)
    if changes.reset is Reset.UIDVALIDITY:
        identities = tuple(fetch_identities(session, folder, changes.new))
        return replace(changes, identities=identities)
    return changes


def _read_cursor(cursor: Cursor | None) -> _Seen | None:
    """None for a cursor that is missing or not one of ours."""
    try:
        if not cursor:
            return None
        modseq = cursor.get("modseq")
        return _Seen(
            int(cursor["uidvalidity"]),
            int(cursor["uidnext"]),
            int(modseq) if modseq else None,
            int(cursor["messages"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _cursor(state: FolderState) -> Cursor:
    return {
        "uidvalidity": state.uidvalidity,
        "uidnext": state.uidnext,
        "modseq": state.modseq,
        "messages": state.messages,
    }


def _went_backwards(seen: _Seen, state: FolderState) -> bool:
    """A server that lost its counters; believing the old ones would hide changes for ever."""
    lost_modseq = seen.modseq and state.modseq and state.modseq < seen.modseq
    return bool(lost_modseq) or state.uidnext < seen.uidnext


def _unchanged(seen: _Seen, state: FolderState) -> bool:
    """Only a server that counts modifications can promise that nothing happened."""
    return (
        state.modseq is not None
        and seen.modseq == state.modseq
        and seen.uidnext == state.uidnext
        and seen.messages == state.messages
    )


def _nothing(state: FolderState) -> Changes:
    return Changes(state.uidvalidity, (), {}, (), None, _cursor(state))


def _first(wire: ImapWire, state: FolderState, since: date | None) -> Changes:
    criteria = "ALL" if since is None else f"SINCE {_imap_date(since)}"
    uids = _below(wire.uid_search(criteria) if state.messages else [], state.uidnext)
    present = frozenset(uids) if since is None else None
    new = tuple(sorted(uids, reverse=True))
    return Changes(state.uidvalidity, new, {}, (), present, _cursor(state), Reset.FIRST)


def _everything(wire: ImapWire, seen: _Seen, state: FolderState) -> Changes:
    """The whole folder with its flags; what is below the old UIDNEXT is not new."""
    flags = fetch_flags(wire, "1:*") if state.messages else {}
    new = tuple(sorted((uid for uid in flags if uid >= seen.uidnext), reverse=True))
    return Changes(state.uidvalidity, new, flags, (), frozenset(flags), _cursor(state))


def _since(session: ImapSession, wire: ImapWire, seen: _Seen, state: FolderState) -> Changes:
    new = _new_uids(wire, seen, state)
    vanished: tuple[int, ...] | None = None
    flags: dict[int, frozenset[str]] = {}
    if seen.modseq and state.modseq:
        qresync = "QRESYNC" in session.enabled
        flags = _changed_flags(wire, seen.modseq, qresync=qresync)
        if qresync:
            vanished = _vanished(wire.untagged("VANISHED"), seen.uidnext)
    elif state.messages:
        flags = _newest_flags(wire, state)
    present = None
    if vanished is None and seen.messages + len(new) != state.messages:
        present = frozenset(wire.uid_search("ALL")) if state.messages else frozenset()
    return Changes(
        uidvalidity=state.uidvalidity,
        new=tuple(sorted(new, reverse=True)),
        flags={uid: value for uid, value in flags.items() if uid < seen.uidnext},
        vanished=vanished or (),
        present=present,
        cursor=_cursor(state),
    )


def _new_uids(wire: ImapWire, seen: _Seen, state: FolderState) -> list[int]:
    if state.uidnext == seen.uidnext or not state.messages:
        return []
    # "n:*" always matches the newest message, even one that is older than n.
    found = wire.uid_search(f"UID {seen.uidnext}:*")
    return [uid for uid in _below(found, state.uidnext) if uid >= seen.uidnext]


def _changed_flags(wire: ImapWire, modseq: int, *, qresync: bool) -> dict[int, frozenset[str]]:
    wire.untagged("VANISHED")
    extra = " VANISHED" if qresync else ""
    return fetch_flags(wire, "1:*", f"(CHANGEDSINCE {modseq}{extra})")


def _newest_flags(wire: ImapWire, state: FolderState) -> dict[int, frozenset[str]]:
    low = max(1, state.uidnext - PLAIN_FLAG_WINDOW)
    return fetch_flags(wire, f"{low}:*")


def _vanished(lines: Iterable[bytes], below: int) -> tuple[int, ...] | None:
    """The UIDs of VANISHED answers; None when there are too many to spell out."""
    gone: set[int] = set()
    for line in lines:
        for first, last in _RANGE.findall(line.partition(b")")[2] or line):
            low, high = int(first), min(int(last or first), below - 1)
            if high - low > MAX_VANISHED or len(gone) > MAX_VANISHED:
                return None
            gone.update(range(low, high + 1))
    return tuple(sorted(gone))


def _below(uids: Iterable[int], limit: int) -> list[int]:
    return [uid for uid in uids if uid < limit]


def _imap_date(day: date) -> str:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
