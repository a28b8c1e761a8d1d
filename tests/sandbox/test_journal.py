"""The journal: what was appended is there again, whatever happened to the end of the file."""

import asyncio
from pathlib import Path

import pytest

from app.sandbox.world.journal import Journal, JournalLocked


def opened(path: Path) -> tuple[Journal, list[tuple[dict[str, object], bytes]]]:
    journal = Journal(path)
    return journal, [(record, journal.read(ref)) for record, ref in journal.replay()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mail.journal"


def test_records_and_payloads_come_back_in_order(path: Path) -> None:
    journal, found = opened(path)
    assert found == []
    journal.append({"n": 1}, b"line\nline\n")
    journal.append({"n": 2, "text": "ü\n"})
    journal.close()
    journal, found = opened(path)
    assert found == [({"n": 1}, b"line\nline\n"), ({"n": 2, "text": "ü\n"}, b"")]
    journal.close()


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_end_is_cut_off_and_set_aside(path: Path, cut: int) -> None:
    journal, _ = opened(path)
    journal.append({"n": 1}, b"whole")
    whole = journal.size
    journal.append({"n": 2}, b"torn" * 20)
    journal.close()
    torn = path.read_bytes()[whole : len(path.read_bytes()) - cut]
    path.write_bytes(path.read_bytes()[:-cut])
    journal, found = opened(path)
    assert found == [({"n": 1}, b"whole")]
    assert path.with_suffix(".damaged").read_bytes() == torn
    journal.append({"n": 3})
    journal.close()
    journal, found = opened(path)
    assert [record for record, _payload in found] == [{"n": 1}, {"n": 3}]
    journal.close()


def test_a_flipped_bit_is_noticed(path: Path) -> None:
    journal, _ = opened(path)
    journal.append({"n": 1}, b"abcdef")
    journal.close()
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(bytes(data))
    journal, found = opened(path)
    assert found == []
    journal.close()


def test_one_process_only(path: Path) -> None:
    journal, _ = opened(path)
    with pytest.raises(JournalLocked):
        Journal(path)
    journal.close()


def test_rewrite_replaces_everything_and_goes_on(path: Path) -> None:
    journal, _ = opened(path)
    for number in range(50):
        journal.append({"n": number}, b"x" * 1000)

    async def rewrite() -> bytes:
        refs = await journal.rewrite([({"kept": 1}, b"payload"), ({"kept": 2}, b"")])
        journal.append({"n": "after"})
        await journal.synced()
        return journal.read(refs[0])

    assert asyncio.run(rewrite()) == b"payload"
    assert path.stat().st_size == journal.size < 1000
    journal.close()
    journal, found = opened(path)
    assert [record for record, _payload in found] == [{"kept": 1}, {"kept": 2}, {"n": "after"}]
    journal.close()


def test_many_waiters_share_few_flushes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, _ = opened(path)
    flushes: list[int] = []
    from app.sandbox.world import journal as module

    real = module.os.fdatasync
    monkeypatch.setattr(module.os, "fdatasync", lambda fd: (flushes.append(fd), real(fd)))

    async def one(number: int) -> None:
        journal.append({"n": number})
        await journal.synced()

    async def burst() -> None:
        await asyncio.gather(*(one(number) for number in range(100)))

    asyncio.run(burst())
    assert 1 <= len(flushes) <= 3
    journal.close()
