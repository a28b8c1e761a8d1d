"""The world's memory on disk: one append-only file of checksummed records.

A record is a JSON object and an optional payload (a raw mail). Several writers that wait
for `synced` at once share one fsync, so a burst of mail costs few disk flushes.
"""

import asyncio
import fcntl
import json
import logging
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

log = logging.getLogger(__name__)

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a payload lies in the file."""

    offset: int
    length: int


class JournalLocked(RuntimeError):
    """Another process already keeps this journal."""


def _encode(record: Record, payload: bytes) -> tuple[bytes, int]:
    """The bytes of a record and where in them the payload starts."""
    meta = json.dumps(record, separators=(",", ":")).encode()
    crc = zlib.crc32(payload, zlib.crc32(meta))
    head = b"%08x %d %d\n" % (crc, len(meta), len(payload))
    return b"".join((head, meta, payload, b"\n")), len(head) + len(meta)


def _read_record(file: BinaryIO) -> tuple[Record, Ref] | None:
    """The record at the file's position, None when it is missing, cut short or damaged."""
    start = file.tell()
    head = file.readline(64)
    try:
        crc, meta_length, payload_length = (
            int(word, base) for word, base in zip(head.split(), (16, 10, 10), strict=True)
        )
    except ValueError:
        return None
    meta = file.read(meta_length)
    payload = file.read(payload_length)
    if file.read(1) != b"\n" or zlib.crc32(payload, zlib.crc32(meta)) != crc:
        return None
    return json.loads(meta), Ref(start + len(head) + meta_length, payload_length)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


class Journal:
    """An open journal. Use: construct, `replay()` once, then `append` and `synced`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._lock = self._take_lock(path.with_suffix(".lock"))
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.size = os.fstat(self._fd).st_size
        self._durable = 0
        self._flush: asyncio.Task[None] | None = None

    @staticmethod
    def _take_lock(path: Path) -> int:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            raise JournalLocked(f"{path} is held by another process") from error
        return fd

    def replay(self) -> Iterator[tuple[Record, Ref]]:
        """Every whole record in order; a torn end is set aside and cut off."""
        good = 0
        with self._path.open("rb") as file:
            while (found := _read_record(file)) is not None:
                good = file.tell()
                yield found
        if good < self.size:
            self._cut_off(good)

    def _cut_off(self, good: int) -> None:
        """Keep the unreadable end beside the journal: it may be torn, it may be damage."""
        log.warning("journal: %d unreadable bytes set aside", self.size - good)
        damaged = self._path.with_suffix(".damaged")
        damaged.write_bytes(os.pread(self._fd, self.size - good, good))
        os.ftruncate(self._fd, good)
        self.size = good

    def append(self, record: Record, payload: bytes = b"") -> Ref:
        """Write one record. Not yet safe from a power cut: await `synced` before promising."""
        data, payload_start = _encode(record, payload)
        try:
            _write_all(self._fd, data)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._fd, self.size)
            raise
        ref = Ref(self.size + payload_start, len(payload))
        self.size += len(data)
        return ref

    def read(self, ref: Ref) -> bytes:
        """The payload behind a reference."""
        return os.pread(self._fd, ref.length, ref.offset)

    async def synced(self) -> None:
        """Return when everything appended so far is on disk."""
        target = self.size
        while self._durable < target:
            if self._flush is None:
                self._flush = asyncio.create_task(self._fsync())
            await asyncio.shield(self._flush)

    async def _fsync(self) -> None:
        size = self.size
        try:
            await asyncio.to_thread(os.fdatasync, self._fd)
            self._durable = size
        finally:
            self._flush = None

    async def rewrite(self, records: Iterable[tuple[Record, bytes]]) -> list[Ref]:
        """Replace the journal by `records`, at once or not at all; their new references.

        Nothing else runs between reading `records` and the swap, so no append is missed.
        """
        while self._flush is not None:
            with suppress(OSError):
                await asyncio.shield(self._flush)
        fresh = self._path.with_suffix(".new")
        refs, size = [], 0
        with fresh.open("wb") as file:
            for record, payload in records:
                data, payload_start = _encode(record, payload)
                file.write(data)
                refs.append(Ref(size + payload_start, len(payload)))
                size += len(data)
            file.flush()
            os.fsync(file.fileno())
        self._swap(fresh, size)
        return refs

    def _swap(self, fresh: Path, size: int) -> None:
        fresh.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)
        os.close(self._fd)
        self._fd = os.open(self._path, os.O_RDWR | os.O_APPEND)
        self.size = self._durable = size

    def close(self) -> None:
        """Let go of the file and of its lock."""
        os.close(self._fd)
        os.close(self._lock)
