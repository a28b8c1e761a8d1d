"""Which messages form a conversation: the graph of Message-IDs, and the subject as a last resort."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SUBJECT_WINDOW = timedelta(days=30)
MAX_MERGED = 5
_PREFIX = re.compile(
    r"^\s*(?:re|fwd?|aw|wg|sv|vs|vl|antw|odp|pd|tr|rv|enc|res|rif|i|r|ynt|ilt|fs|回复|转发|答复|返信|转寄)"
    r"\s{0,2}(?:\[\d{1,3}\]|\(\d{1,3}\))?\s{0,2}[:：]\s*",
    re.I,
)
_MIN_SUBJECT = 4


def id_hash(message_id: str) -> str:
    """The key of a Message-ID in the graph: ids are long, foreign and of any length."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def subject_key(subject: str) -> str:
    """A subject without its reply prefixes, for comparison."""
    text = subject
    for _ in range(8):
        shorter = _PREFIX.sub("", text, count=1)
        if shorter == text:
            break
        text = shorter
    return re.sub(r"\s+", " ", text).strip().lower()[:200]


def is_reply_subject(subject: str) -> bool:
    """Whether the subject says that it continues something."""
    return bool(_PREFIX.match(subject))


def may_join_by_subject(subject: str, references: Iterable[str]) -> bool:
    """Only a reply that names no mail at all, with a subject that says something."""
    return (
        not list(references)
        and is_reply_subject(subject)
        and len(subject_key(subject)) >= _MIN_SUBJECT
    )


def earliest_by_subject(at: datetime) -> datetime:
    """How far back a thread found by subject may have been quiet."""
    return at - SUBJECT_WINDOW


@dataclass
class Graph:
    """The part of the id graph a batch of mails touches; threads unite in memory first.

    `known` maps an id's hash to the threads that own or mention it. New threads get negative
    numbers until they have rows.
    """

    known: dict[str, set[int]]
    owners: dict[str, int] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    fresh: int = 0

    def root(self, thread_id: int) -> int:
        """The thread this one has become part of, or itself."""
        while thread_id in self.merged:
            thread_id = self.merged[thread_id]
        return thread_id

    def place(self, own: str, related: list[str], fallback: int | None = None) -> int:
        """The thread of a mail; a new one when nothing is known of it."""
        found = self._candidates(own, related)
        if len(found) > MAX_MERGED:  # forged or absurd: the nearest relative decides alone
            found = self._candidates(own, related[-1:]) or found[:1]
            found = found[:1]
        thread = self._unite(found) if found else (fallback or self._new())
        for one in (own, *related):
            self.known.setdefault(one, set()).add(thread)
        return thread

    def _candidates(self, own: str, related: list[str]) -> list[int]:
        found: dict[int, None] = {}
        for one in (own, *reversed(related)):
            for thread in sorted(self.known.get(one, ())):
                found.setdefault(self.root(thread))
        return list(found)

    def _unite(self, threads: list[int]) -> int:
        # Rows win over threads still to be made, older rows over younger ones.
        keep = min(threads, key=lambda t: (t < 0, abs(t)))
        for other in threads:
            if other != keep:
                self.merged[other] = keep
        return keep

    def _new(self) -> int:
        self.fresh -= 1
        return self.fresh


def merges_of_rows(merged: Mapping[int, int]) -> dict[int, int]:
    """Which existing threads end in which, chains followed to their end."""
    result = {}
    for thread in merged:
        keep = thread
        while keep in merged:
            keep = merged[keep]
        if thread > 0:
            result[thread] = keep
    return result
