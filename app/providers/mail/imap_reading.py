"""Reading FETCH answers: listing of messages, and the messages themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from app.providers.mail.base import (
    MAX_MAIL_BYTES,
    OVERSIZE_HEAD_BYTES,
    FetchedMail,
    MailIdentity,
)
from app.providers.mail.errors import Permanent
from app.providers.mail.imap_session import ImapSession
from app.providers.mail.imap_wire import ImapWire, uid_set

LISTED_AT_ONCE = 500
FETCHED_AT_ONCE = 200
FETCHED_BYTES_AT_ONCE = 16 * 1024 * 1024

_UID = re.compile(rb"\bUID (\d+)", re.I)
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)", re.I)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.I)
_DATE = re.compile(
    rb'\bINTERNALDATE "\s*(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"',
    re.I,
)
_MESSAGE_ID = re.compile(rb"<[^<>\s]+>")
_MONTHS = {
    name: number
    for number, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
# One FETCH answer as it came: (head, literal) pairs, then the closing line.
Record = list[Any]


@dataclass(frozen=True)
class Listed:
    """What a listing tells of a message without its text."""

    uid: int
    flags: frozenset[str]
    internal_date: datetime | None
    size: int


def fetch_mails(session: ImapSession, folder: str, uids: Sequence[int]) -> Iterator[FetchedMail]:
    """The messages, highest UID first. Sizes are asked for first, so that no answer is huge."""
    newest_first = sorted(set(uids), reverse=True)
    for batch in slices(newest_first, LISTED_AT_ONCE):
        listed = _list(session, folder, batch)
        wanted = [listed[uid] for uid in batch if uid in listed]
        for group in _groups(wanted):
            yield from _fetch_group(session, folder, group)


def fetch_flags(wire: ImapWire, uids: str, modifier: str = "") -> dict[int, frozenset[str]]:
    """Flags by UID for a UID set."""
    records = wire.uid_fetch(uids, "(FLAGS)", modifier)
    return {uid: _flags(record) for record in records if (uid := _uid(record))}


def fetch_identities(
    session: ImapSession, folder: str, uids: Sequence[int]
) -> Iterator[MailIdentity]:
    """What recognises each message, without its text."""
    items = "(UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
    for batch in slices(uids, LISTED_AT_ONCE):

        def read(wire: ImapWire, batch: Sequence[int] = batch) -> list[Record]:
            session.stay_in(wire, folder)
            return wire.uid_fetch(uid_set(batch), items)

        for record in session.run(read):
            listed = _listed(record)
            if listed is not None:
                found = _MESSAGE_ID.search(_literal(record) or b"")
                message_id = found.group().decode("utf-8", "replace") if found else ""
                yield MailIdentity(listed.uid, message_id, listed.size, listed.internal_date)


def slices(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """`items` in parts of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _list(session: ImapSession, folder: str, uids: Sequence[int]) -> dict[int, Listed]:
    def read(wire: ImapWire) -> list[Record]:
        session.stay_in(wire, folder)
        return wire.uid_fetch(uid_set(uids), "(UID FLAGS INTERNALDATE RFC822.SIZE)")

    found = (_listed(record) for record in session.run(read))
    return {listed.uid: listed for listed in found if listed is not None}


def _groups(listed: Sequence[Listed]) -> Iterator[list[Listed]]:
    """Runs of messages that fit into one answer; one beyond the limit stands alone."""
    group: list[Listed] = []
    size = 0
    for mail in listed:
        oversize = mail.size > MAX_MAIL_BYTES
        full = len(group) >= FETCHED_AT_ONCE or size + mail.size > FETCHED_BYTES_AT_ONCE
        if group and (full or oversize):
            yield group
            group, size = [], 0
        if oversize:
            yield [mail]
            continue
        group.append(mail)
        size += mail.size
    if group:
        yield group


def _fetch_group(
    session: ImapSession, folder: str, group: Sequence[Listed]
) -> Iterator[FetchedMail]:
    if group[0].size > MAX_MAIL_BYTES:
        yield _fetch_beginning(session, folder, group[0])
        return
    try:
        bodies = session.run(lambda wire: _bodies(session, wire, folder, group))
    except Permanent as error:
        if len(group) == 1:
            yield _broken(group[0], error.text)
            return
        # The server cannot produce one of them: find out which, and read the others.
        for mail in group:
            yield from _fetch_group(session, folder, [mail])
        return
    for mail in group:
        raw = bodies.get(mail.uid)
        if raw is not None:
            yield FetchedMail(mail.uid, raw, mail.flags, mail.internal_date, mail.size)


def _bodies(
    session: ImapSession, wire: ImapWire, folder: str, group: Sequence[Listed]
) -> dict[int, bytes]:
    session.stay_in(wire, folder)
    records = wire.uid_fetch(uid_set(mail.uid for mail in group), "(UID BODY.PEEK[])")
    # Records without a text are flag changes that arrived in between.
    return {uid: raw for rec in records if (uid := _uid(rec)) and (raw := _literal(rec))}


def _fetch_beginning(session: ImapSession, folder: str, mail: Listed) -> FetchedMail:
    items = f"(UID BODY.PEEK[]<0.{OVERSIZE_HEAD_BYTES}>)"

    def read(wire: ImapWire) -> bytes:
        session.stay_in(wire, folder)
        records = wire.uid_fetch(str(mail.uid), items)
        return next((raw for rec in records if (raw := _literal(rec))), b"")

    problem = f"The message is larger than {MAX_MAIL_BYTES // 1024 // 1024} MB."
    try:
        raw = session.run(read)
    except Permanent as error:
        return _broken(mail, error.text)
    return FetchedMail(mail.uid, raw, mail.flags, mail.internal_date, mail.size, problem)


def _broken(mail: Listed, words: str) -> FetchedMail:
    problem = f"The server cannot produce this message: {words}"
    return FetchedMail(mail.uid, b"", mail.flags, mail.internal_date, mail.size, problem)


def _text(record: Record) -> bytes:
    """All of a record but its literals, so that no mail can pass for an answer."""
    return b" ".join(part[0] if isinstance(part, tuple) else part or b"" for part in record)


def _literal(record: Record) -> bytes | None:
    return next((part[1] for part in record if isinstance(part, tuple)), None)


def _uid(record: Record) -> int:
    match = _UID.search(_text(record))
    return int(match.group(1)) if match else 0


def _flags(record: Record) -> frozenset[str]:
    match = _FLAGS.search(_text(record))
    return frozenset(match.group(1).decode("utf-8", "replace").split()) if match else frozenset()


def _listed(record: Record) -> Listed | None:
    text = _text(record)
    uid, size = _UID.search(text), _SIZE.search(text)
    if not uid or not size:
        return None
    return Listed(int(uid.group(1)), _flags(record), _internal_date(text), int(size.group(1)))


def _internal_date(text: bytes) -> datetime | None:
    match = _DATE.search(text)
    if not match:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    try:
        zone = timezone(-offset if sign == b"-" else offset)
        clock = (int(hour), int(minute), int(second))
        local = datetime(int(year), _MONTHS[month.lower()], int(day), *clock, tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, KeyError, OverflowError):
        return None
