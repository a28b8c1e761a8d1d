"""A mail server that stops at any phase of a dialogue until the test has done its worst.

It runs in a process of its own, so that the test may fork and kill. What it takes is written to a
log and fsynced before the 250, and filed in a Sent folder by IMAP when it is told to: the log is
the judge of every crash test.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing as mp
import os
import random
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

PHASES = ("connect", "mail", "rcpt", "data", "body", "dot", "refused", "stored", "acked")


@dataclass
class Plan:
    """How the server behaves; sent to its process whenever it changes."""

    pause_at: str = ""  # a phase: say so and wait
    lose: str = ""  # "dot": the message is thrown away and the connection dropped
    refuse: str = ""  # the answer to the next dot, with which the message is thrown away
    delay: float = 0.0  # seconds at most before the answer to the dot
    lose_acks: float = 0.0  # share of answers to the dot that never arrive


class SinkProcess:
    """The test's side of the server."""

    def __init__(self, sent_imap: tuple[int, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sink"))
        self.log_file = self.folder / "taken.log"
        self.log_file.touch()
        context = mp.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        arguments = (theirs, str(self.log_file), sent_imap)
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        assert self._pipe.poll(60), "the sink did not start"
        self.port: int = self._pipe.recv()

    def behave(self, **plan: Any) -> None:
        """Change the plan; returns when the server follows it."""
        self._pipe.send(Plan(**plan))
        self._hear("planned", "the sink does not answer")

    def wait_until_paused(self) -> None:
        """Return when a client has come to the phase the plan names."""
        self._hear("paused", "no client came to that phase")

    def go_on(self) -> None:
        """Let the paused dialogue continue, and pause no more."""
        self._pipe.send("go")
        self._hear("going", "the sink does not answer")

    def _hear(self, word: str, trouble: str) -> None:
        assert self._pipe.poll(60), trouble
        assert self._pipe.recv() == word

    def taken(self) -> Counter[str]:
        """Message-IDs the server took responsibility for, with how often."""
        return Counter(entry["message_id"] for entry in self.entries())

    def recipients(self) -> list[str]:
        return [entry["to"] for entry in self.entries()]

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log_file.read_text().splitlines()]

    def stop(self) -> None:
        self._process.kill()
        self._process.join()


@dataclass
class _State:
    log: str
    pipe: Any
    imap: Any = None
    plan: Plan = field(default_factory=Plan)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    storing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def at(self, phase: str) -> None:
        if self.plan.pause_at != phase:
            return
        self.plan.pause_at = ""
        self.go.clear()
        self.pipe.send("paused")
        await self.go.wait()

    def told(self) -> None:
        message = self.pipe.recv()
        if isinstance(message, Plan):
            self.plan = message
            self.pipe.send("planned")
        else:
            self.go.set()
            self.pipe.send("going")

    def store(self, rcpt: str, content: bytes) -> None:
        """Durable before anybody hears of it, as a mail server must."""
        message_id = (message_from_bytes(content)["Message-ID"] or "").strip("<> \r\n")
        with Path(self.log).open("a") as log:
            entry = {"message_id": message_id, "to": rcpt, "at": time.time()}
            log.write(json.dumps(entry) + "\n")
            log.flush()
            os.fsync(log.fileno())
        if self.imap is not None:
            self.imap.append("Sent", content)


def serve(pipe: Any, log: str, sent_imap: tuple[int, str] | None) -> None:
    asyncio.run(_serve(pipe, log, sent_imap))


async def _serve(pipe: Any, log: str, sent_imap: tuple[int, str] | None) -> None:
    state = _State(log, pipe)
    if sent_imap:
        from imapclient import IMAPClient

        state.imap = IMAPClient("127.0.0.1", sent_imap[0], ssl=False)
        state.imap.login(sent_imap[1], "secret")

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _dialogue(state, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client was killed
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=2**16)
    asyncio.get_running_loop().add_reader(pipe.fileno(), state.told)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _dialogue(
    state: _State, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await state.at("connect")
    await _say(writer, "220 sink.test")
    rcpt = ""
    while line := (await reader.readline()).decode():
        verb = line[:4].upper()
        if verb == "EHLO":
            await _say(writer, "250-sink.test\r\n250-AUTH PLAIN\r\n250 8BITMIME")
        elif verb == "AUTH":
            await _say(writer, "235 ok")
        elif verb == "DATA":
            await state.at("data")
            await _say(writer, "354 go on")
            if not await _take(state, rcpt, reader, writer):
                return
        elif verb == "QUIT":
            await _say(writer, "221 bye")
            return
        else:
            phase = {"MAIL": "mail", "RCPT": "rcpt"}.get(verb, "")
            if phase == "rcpt":
                found = re.search("<(.*)>", line)
                rcpt = found.group(1) if found else ""
            await state.at(phase or "other")
            await _say(writer, "250 ok")


async def _take(
    state: _State, rcpt: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Read a message and answer its dot. Without its dot a message is thrown away."""
    lines: list[bytes] = []
    while (line := await reader.readuntil(b"\n")) != b".\r\n":
        lines.append(line)
        await state.at("body")
    await state.at("dot")
    if state.plan.lose == "dot":
        state.plan.lose = ""
        return False
    if state.plan.refuse:
        answer, state.plan.refuse = state.plan.refuse, ""
        await state.at("refused")
        await _say(writer, answer)
        return True
    await asyncio.sleep(random.random() * state.plan.delay)
    async with state.storing:
        await asyncio.to_thread(state.store, rcpt, b"".join(lines))
    await state.at("stored")
    if random.random() < state.plan.lose_acks:
        return False
    await _say(writer, "250 2.0.0 taken")
    await state.at("acked")
    return True


async def _say(writer: asyncio.StreamWriter, text: str) -> None:
    writer.write(text.encode() + b"\r\n")
    await writer.drain()
