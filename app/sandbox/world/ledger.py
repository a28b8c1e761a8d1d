"""Ties the journal to what is held in memory: write first, then apply, the same way at replay.

Each part of the world (`mailstore`, `people`) reads the keys of a record that concern it,
so one record can change several parts at once and is either there whole or not at all.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from pymap.exceptions import TemporaryFailure

from app.sandbox.world.journal import Journal, Record, Ref

COMPACT_ABOVE = 16 * 1024 * 1024


class DiskFailed(TemporaryFailure, OSError):
    """A full or broken disk: an IMAP client hears NO, an SMTP client 452."""


class Part(Protocol):
    """A piece of the world's state."""

    def apply(self, record: Record) -> None:
        """Take over what a record says about this part."""

    def live_blobs(self) -> set[int]:
        """The mails this part still needs."""

    def snapshot(self) -> Iterator[Record]:
        """Records that rebuild this part from nothing."""


class Ledger:
    """The only way to change the world: `commit`."""

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)
        self._parts: list[Part] = []
        self._blobs: dict[int, Ref] = {}
        self._last_blob = 0
        self._compact_at = COMPACT_ABOVE

    async def open(self, *parts: Part) -> None:
        """Bring the parts to where they were when the process ended."""
        self._parts = list(parts)
        for record, ref in self._journal.replay():
            self._take(record, ref)
        await self.compact_if_grown()

    def commit(self, record: Record, payload: bytes | None = None) -> None:
        """Journal a change and apply it. A payload gets the number named in `record["blob"]`.

        Errors: `DiskFailed`, and then nothing has changed.
        """
        try:
            ref = self._journal.append(record, payload or b"")
        except OSError as error:
            raise DiskFailed("The disk of the sandbox did not take it.") from error
        self._take(record, ref)

    def _take(self, record: Record, ref: Ref) -> None:
        if "blob" in record:
            self._blobs[record["blob"]] = ref
            self._last_blob = max(self._last_blob, record["blob"])
        for part in self._parts:
            part.apply(record)

    def new_blob(self) -> int:
        """A number for the payload of the next commit."""
        return self._last_blob + 1

    def read(self, blob: int) -> bytes:
        """The raw mail with this number; empty when it is gone."""
        ref = self._blobs.get(blob)
        return self._journal.read(ref) if ref else b""

    async def synced(self) -> None:
        """Return when every commit so far is safely on disk."""
        await self._journal.synced()

    async def compact_if_grown(self) -> None:
        """Rewrite the journal when it has outgrown what is alive; keeps its size bounded."""
        if self._journal.size < self._compact_at:
            return
        await self.compact()
        self._compact_at = max(COMPACT_ABOVE, 2 * self._journal.size)

    async def compact(self) -> None:
        """Write the present state to a new journal and swap it in."""
        kept: list[int] = []
        refs = await self._journal.rewrite(self._snapshot(kept))
        self._blobs = dict(zip(kept, refs, strict=False))

    def _snapshot(self, kept: list[int]) -> Iterator[tuple[Record, bytes]]:
        live: set[int] = set().union(*(part.live_blobs() for part in self._parts))
        for blob in sorted(live & self._blobs.keys()):
            kept.append(blob)
            yield {"blob": blob}, self.read(blob)
        for part in self._parts:
            for record in part.snapshot():
                yield record, b""

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()
