"""The IMAP dialogue on one socket: IMAPClient over our own guarded, bounded connection."""

from __future__ import annotations

import imaplib
import re
import socket
from collections.abc import Iterable, Sequence
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from app.providers.mail.base import MAX_MAIL_BYTES
from app.providers.mail.errors import Permanent, Phase
from app.providers.network import Deadline, Network, WireReader

MAX_LINE_BYTES = 10_000_000
MAX_LITERAL_BYTES = MAX_MAIL_BYTES + 1_000_000
_FORBIDDEN = re.compile("[\r\n\x00]")
_NUMBERS = re.compile(rb"\d+")


class _Imap4(imaplib.IMAP4):
    """imaplib on a socket that is already connected, with bounds on what it reads."""

    file: WireReader  # type: ignore[assignment]  # all that imaplib asks of a file

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._connected = sock
        self._deadline = deadline
        super().__init__("", 0)
        # Folder names come back to the server byte for byte, even where it breaks the standard.
        self._encoding = "latin-1"

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self.sock = self._connected
        self.file = WireReader(self.sock, self._deadline)

    def send(self, data: Any) -> None:
        self.sock.settimeout(self.file.deadline.remaining())
        self.sock.sendall(data)

    def readline(self) -> bytes:
        line = self.file.readline(MAX_LINE_BYTES)
        if len(line) > MAX_LINE_BYTES:
            raise self.abort("line too long")
        return line

    def read(self, size: int) -> bytes:
        if size > MAX_LITERAL_BYTES:
            raise self.abort("literal too long")
        data = self.file.read(size)
        if len(data) != size:
            raise self.abort("socket error: EOF")
        return data

    def _get_line(self) -> bytes:
        # As in the parent, without formatting every line for a log that nobody reads.
        line = self.readline()
        if not line.endswith(b"\r\n"):
            raise self.abort("socket error: EOF")
        return line[:-2]

    def _log(self, line: str) -> None:
        """Keep no record of commands: LOGIN would be among them."""


class ImapWire(IMAPClient):
    """A connected IMAP session whose folders are named as the server spells them."""

    def __init__(self, sock: socket.socket, host: str, deadline: Deadline) -> None:
        self._given = sock
        self._first_deadline = deadline
        super().__init__(host, 0, ssl=False)
        self.folder_encode = False
        self.normalise_times = False
        self._imap.debug = 0

    def _create_IMAP4(self) -> _Imap4:  # noqa: N802  (the parent's name)
        return _Imap4(self._given, self._first_deadline)

    def _set_read_timeout(self) -> None:
        """The reader's deadline bounds each call; a fixed socket timeout would undo it."""

    @property
    def reader(self) -> WireReader:
        reader: WireReader = self._imap.file
        return reader

    def within(self, deadline: Deadline) -> None:
        """Bound everything that follows by `deadline`."""
        self.reader.deadline = deadline

    def starttls_strictly(self, network: Network, deadline: Deadline) -> None:
        """Switch to verified TLS; no offer or a refusal is an error, never a reason to go on."""
        if not self.has_capability("STARTTLS"):
            raise Permanent("The server does not offer STARTTLS.", phase=Phase.TLS)
        typ, _ = self._imap._simple_command("STARTTLS")
        if typ != "OK" or self.reader.buffered:
            raise Permanent("The server refused STARTTLS.", phase=Phase.TLS)
        self._imap.sock = network.secure(self._imap.sock, self.host, deadline)
        self._imap.file = WireReader(self._imap.sock, deadline)
        self._starttls_done = True
        self._imap.untagged_responses.pop("CAPABILITY", None)

    def log_in(self, username: str, password: str) -> None:
        """SASL PLAIN, which carries any letters, or LOGIN where that is all there is."""
        if self.has_capability("AUTH=PLAIN"):
            words = f"\0{username}\0{password}"
            self._imap.authenticate("PLAIN", lambda _: words.encode())
        elif not (username + password).isascii():
            text = "The server cannot take a password with these letters."
            raise Permanent(text, phase=Phase.AUTH)
        else:
            self._imap.login(_quoted(self._checked(username)), self._checked(password))
        self._cached_capabilities = None

    def uid_search(self, criteria: str) -> list[int]:
        """UIDs that match, ascending. Tolerates answers in several lines, or none."""
        _, data = self._ok(*self._imap.uid("SEARCH", self._checked(criteria)))
        found: list[int] = []
        for line in data:
            numbers = (line or b"").partition(b"(")[0]
            found.extend(int(number) for number in _NUMBERS.findall(numbers))
        return sorted(set(found))

    def uid_fetch(self, uids: str, items: str, modifier: str = "") -> list[list[Any]]:
        """Raw FETCH answers: each a list of (head, literal) pairs ended by a closing line."""
        self._imap.untagged_responses.pop("FETCH", None)
        args = ["UID", "FETCH", uids, items, *([modifier] if modifier else [])]
        tag = self._imap._command(*args)
        typ, data = self._imap._command_complete("FETCH", tag)
        parts = self._imap.untagged_responses.pop("FETCH", [])
        self._ok(typ, data)
        return _records(parts)

    def uid_store(self, uids: str, command: str, flags: Sequence[str]) -> None:
        """Change flags relative to what they are, so that other programs' changes stay."""
        words = self._checked(" ".join(flags))
        self._ok(*self._imap.uid("STORE", uids, command, f"({words})"))
        self._imap.untagged_responses.pop("FETCH", None)

    def untagged(self, name: str) -> list[bytes]:
        """Take the unsolicited answers of one kind; left alone they would pile up."""
        taken: list[bytes] = self._imap.untagged_responses.pop(name, [])
        return taken

    def extended_list(self) -> list[tuple[tuple[bytes, ...], bytes, Any]]:
        """LIST asking for special uses; without the clause some servers keep them to themselves."""
        typ, data = self._imap._simple_command("LIST", '""', '"*"', "RETURN (SPECIAL-USE)")
        self._ok(typ, data)
        _, lines = self._imap._untagged_response(typ, data, "LIST")
        return list(self._proc_folder_list(lines))

    def _normalise_folder(self, folder_name: str | bytes) -> str:
        name = folder_name.decode("latin-1") if isinstance(folder_name, bytes) else folder_name
        return _quoted(self._checked(name))

    def _checked(self, text: str) -> str:
        """An argument that cannot end its command and begin another."""
        if _FORBIDDEN.search(text):
            raise Permanent("A line break is not allowed here.", phase=Phase.IMAP)
        return text

    def _ok(self, typ: str, data: Sequence[Any]) -> tuple[str, Sequence[Any]]:
        if typ != "OK":
            words = b" ".join(part for part in data if isinstance(part, bytes))
            raise IMAPClientError(words.decode("utf-8", "replace"))
        return typ, data


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _records(parts: Iterable[Any]) -> list[list[Any]]:
    records: list[list[Any]] = []
    record: list[Any] = []
    for part in parts:
        record.append(part)
        if not isinstance(part, tuple):
            records.append(record)
            record = []
    return records


def uid_set(uids: Iterable[int]) -> str:
    """ "1:4,9" for {1, 2, 3, 4, 9}: ranges keep commands short, servers limit their length."""
    ranges: list[list[int]] = []
    for uid in sorted(set(uids)):
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in ranges)
