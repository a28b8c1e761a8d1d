"""`store_messages`: a batch of mails into messages, threads, placements and the id graph."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.core.tenancy import require_workspace_id
from app.mailhub.incoming import IncomingMail, StoredMessage
from app.mailhub.policies.threading import (
    Graph,
    earliest_by_subject,
    id_hash,
    may_join_by_subject,
    subject_key,
)
from app.mailhub.queries import storing as queries
from app.mailhub.queries.storing import AnyRow
from app.mailhub.services.threads import (
    apply_merges,
    make_threads,
    refresh_threads,
    reopen_threads,
)
from app.models import Attachment, Message, MessageRef, Placement


def store_messages(account_id: int, mails: Sequence[IncomingMail]) -> list[StoredMessage]:
    """Store mails once each, thread them, keep the counters. In the order given.

    Seeing a mail again only notes where it stands now. Serialised per account, so two folders
    applied at once cannot make two threads of one conversation.
    """
    if not mails:
        return []
    queries.lock_account(account_id)
    known = queries.known_messages(account_id, [mail.provider_key for mail in mails])
    fresh = _unseen(mails, known)
    threads, ids = _insert_new(account_id, fresh)
    again = [(mail, known[mail.provider_key]) for mail in mails if mail.provider_key in known]
    touched = set(threads.values()) | _complete(again)
    for mail, row in again:
        ids[mail.provider_key], threads[mail.provider_key] = row.id, row.thread_id
    _place(mails, ids)
    _reopen(fresh, threads)
    refresh_threads(touched)
    new_keys = {mail.provider_key for mail in fresh}
    return [_stored(mail, ids, threads, new_keys) for mail in mails]


def _stored(
    mail: IncomingMail, ids: dict[str, int], threads: dict[str, int], new_keys: set[str]
) -> StoredMessage:
    key = mail.provider_key
    is_new = key in new_keys
    new_keys.discard(key)  # the same mail twice in one batch is new once
    return StoredMessage(ids[key], threads[key], is_new, mail)


def _unseen(mails: Sequence[IncomingMail], known: dict[str, Any]) -> list[IncomingMail]:
    fresh: dict[str, IncomingMail] = {}
    for mail in mails:
        if mail.provider_key not in known:
            fresh.setdefault(mail.provider_key, mail)
    return list(fresh.values())


def _insert_new(
    account_id: int, mails: list[IncomingMail]
) -> tuple[dict[str, int], dict[str, int]]:
    """(thread ids, message ids) by provider key."""
    if not mails:
        return {}, {}
    threads = _thread(account_id, mails)
    rows = [_message_row(account_id, mail, threads[mail.provider_key]) for mail in mails]
    statement = insert(Message).returning(Message.id, sort_by_parameter_order=True)
    found = db.session.execute(statement, rows).scalars().all()
    ids = {mail.provider_key: id_ for mail, id_ in zip(mails, found, strict=True)}
    _attach((ids[mail.provider_key], mail) for mail in mails)
    _remember_ids(account_id, mails, threads)
    return threads, ids


def _thread(account_id: int, mails: list[IncomingMail]) -> dict[str, int]:
    """The thread of each mail, oldest mail first; threads are made and merged as needed."""
    hashes = {id_hash(one) for mail in mails for one in (mail.message_id, *mail.related_ids)}
    graph = Graph(queries.threads_of_ids(account_id, hashes))
    fallbacks = _fallbacks(account_id, mails)
    placed: dict[str, int] = {}
    for mail in sorted(mails, key=lambda one: one.at):
        related = [id_hash(one) for one in mail.related_ids]
        fallback = fallbacks.get(mail.provider_key)
        placed[mail.provider_key] = graph.place(id_hash(mail.message_id), related, fallback)
    final = {key: graph.root(thread) for key, thread in placed.items()}
    first: dict[int, IncomingMail] = {}
    for mail in sorted(mails, key=lambda one: one.at):
        first.setdefault(final[mail.provider_key], mail)
    made = make_threads(account_id, {t: mail for t, mail in first.items() if t < 0})
    apply_merges(account_id, {old: made.get(new, new) for old, new in graph.merged.items()})
    return {key: made.get(thread, thread) for key, thread in final.items()}


def _fallbacks(account_id: int, mails: Iterable[IncomingMail]) -> dict[str, int]:
    """Threads found by subject and person, by provider key, for replies that name no mail."""
    lost = [mail for mail in mails if may_join_by_subject(mail.subject, mail.related_ids)]
    if not lost:
        return {}
    since = earliest_by_subject(min(mail.at for mail in lost))
    keys = {subject_key(mail.subject) for mail in lost}
    known = queries.threads_by_subject(account_id, keys, since)
    found: dict[str, int] = {}
    for mail in lost:
        person = mail.from_email if mail.direction == "in" else _first_recipient(mail)
        for row in known.get(subject_key(mail.subject), ()):
            is_theirs = any(one["email"] == person for one in row.participants)
            if is_theirs and row.last_at >= earliest_by_subject(mail.at):
                found.setdefault(mail.provider_key, row.id)
    return found


def _first_recipient(mail: IncomingMail) -> str:
    return str(mail.to[0]["email"]) if mail.to else ""


def _message_row(account_id: int, mail: IncomingMail, thread_id: int) -> dict[str, Any]:
    row = {
        name: getattr(mail, name)
        for name in (
            "provider_key", "message_id", "in_reply_to", "references", "direction", "kind",
            "state", "from_name", "from_email", "to", "cc", "reply_to", "subject", "snippet",
            "body_text", "reply_text", "body_html", "has_remote_images", "raw_blob", "size", "at",
            "date_header", "is_seen", "is_flagged", "facts", "parser_version",
        )
    }  # fmt: skip
    link = mail.link
    return {
        **row,
        "workspace_id": require_workspace_id(),
        "account_id": account_id,
        "thread_id": thread_id,
        "has_attachments": any(not one.is_inline for one in mail.attachments),
        "outbox_id": link.outbox_id if link else None,
        "match_method": link.method if link else "",
        "match_confidence": link.confidence if link else 0.0,
    }


def _attach(pairs: Iterable[tuple[int, IncomingMail]]) -> None:
    rows = [
        {**vars(one), "message_id": message_id, "workspace_id": require_workspace_id()}
        for message_id, mail in pairs
        for one in mail.attachments
    ]
    if rows:
        db.session.execute(insert(Attachment), rows)


def _remember_ids(account_id: int, mails: Iterable[IncomingMail], threads: dict[str, int]) -> None:
    owned: dict[tuple[str, int], bool] = {}
    for mail in mails:
        thread = threads[mail.provider_key]
        owned[id_hash(mail.message_id), thread] = True
        for one in mail.related_ids:
            owned.setdefault((id_hash(one), thread), False)
    statement = insert(MessageRef)
    statement = statement.on_conflict_do_update(
        index_elements=["workspace_id", "account_id", "id_hash", "thread_id"],
        set_={"is_owned": MessageRef.is_owned | statement.excluded.is_owned},
    )
    rows = [
        {
            "workspace_id": require_workspace_id(),
            "account_id": account_id,
            "id_hash": key,
            "thread_id": thread,
            "is_owned": is_owned,
        }
        for (key, thread), is_owned in sorted(owned.items())
    ]
    db.session.execute(statement, rows)


def _reopen(mails: Iterable[IncomingMail], threads: dict[str, int]) -> None:
    newest: dict[int, datetime] = {}
    for mail in mails:
        if mail.direction == "in":
            thread = threads[mail.provider_key]
            newest[thread] = max(mail.at, newest.get(thread, mail.at))
    reopen_threads(newest)


def _complete(again: Iterable[tuple[IncomingMail, AnyRow]]) -> set[int]:
    """Give rows made from our own sending their raw mail; undelete what came back."""
    touched: set[int] = set()
    filled: list[tuple[int, IncomingMail]] = []
    for mail, row in again:
        changes: dict[str, Any] = {}
        if row.raw_blob is None and mail.raw_blob:
            changes = {"raw_blob": mail.raw_blob, "size": mail.size}
            filled.append((row.id, mail))
        if row.deleted_at is not None and mail.spot:
            changes["deleted_at"] = None
        if changes:
            touched.add(row.thread_id)
            db.session.execute(sa.update(Message).where(Message.id == row.id).values(**changes))
    bare = queries.messages_without_attachments(id_ for id_, _ in filled) if filled else set()
    _attach((id_, mail) for id_, mail in filled if id_ in bare)
    return touched


def _place(mails: Iterable[IncomingMail], ids: dict[str, int]) -> None:
    """Note where each mail stands; a mail may stand in several folders."""
    rows = {
        (mail.spot.folder_id, mail.spot.uidvalidity, mail.spot.uid): ids[mail.provider_key]
        for mail in mails
        if mail.spot
    }
    if not rows:
        return
    statement = insert(Placement)
    statement = statement.on_conflict_do_update(
        index_elements=["workspace_id", "folder_id", "uidvalidity", "uid"],
        set_={"message_id": statement.excluded.message_id, "vanished_at": None},
    )
    values = [
        {
            "workspace_id": require_workspace_id(),
            "folder_id": folder_id,
            "uidvalidity": uidvalidity,
            "uid": uid,
            "message_id": message_id,
        }
        for (folder_id, uidvalidity, uid), message_id in sorted(rows.items())
    ]
    db.session.execute(statement, values)
