"""One IMAP connection that is kept: opened when needed, replaced when it died, one folder open."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from app.providers.mail.base import FolderRole, RemoteFolder, Server, Timeouts
from app.providers.mail.errors import (
    AuthExpired,
    Family,
    FolderGone,
    MailError,
    Permanent,
    Phase,
    RateLimited,
    Temporary,
)
from app.providers.mail.folder_roles import assign_roles, is_view, mark_of
from app.providers.mail.imap_wire import ImapWire
from app.providers.mail.replies import clean_words
from app.providers.network import REFUSED, Deadline, Network, shut

Result = TypeVar("Result")

# An EOF, a reset, a BYE: the connection is gone, which says nothing about the request.
LOST = (IMAPClientAbortError, OSError, EOFError)
# What parsing raises when a server answers nonsense.
GARBAGE = (IMAPClientError, ValueError, IndexError, KeyError, TypeError, AssertionError)
RETRY_LIMIT_SECONDS = 900.0
_BUSY = re.compile(r"too many|\[(LIMIT|INUSE)\]|connections? (limit|exceeded)|rate.?limit", re.I)
_DOWN = re.compile(r"\[(UNAVAILABLE|SERVERBUG|CONTACTADMIN)\]|temporar|try again|unavailable", re.I)
_GONE = re.compile(
    r"\[(NONEXISTENT|NOPERM|TRYCREATE)\]|does ?n.t exist|does not exist|no such (mailbox|folder)|"
    r"unknown mailbox|not found",
    re.I,
)
_QUIRKS_QRESYNC = ("imap.mail.me.com",)  # offers QRESYNC and answers malformed VANISHED lines


@dataclass(frozen=True)
class FolderState:
    """A folder at the moment it was opened. `modseq` is None where the server keeps none."""

    uidvalidity: int
    uidnext: int
    modseq: int | None
    messages: int


class ImapSession:
    """A lazily opened connection to one mailbox. Not thread-safe."""

    def __init__(self, server: Server, network: Network, timeouts: Timeouts) -> None:
        self.server = server
        self.network = network
        self.timeouts = timeouts
        self.enabled: frozenset[str] = frozenset()
        self._wire: ImapWire | None = None
        self._open: tuple[str, bool] | None = None
        self._validity: dict[str, int] = {}
        self._folders: tuple[RemoteFolder, ...] | None = None

    def run(self, work: Callable[[ImapWire], Result], *, again: bool = True) -> Result:
        """Do `work` on a live connection, turning what goes wrong into our errors.

        A kept connection may have died since its last use: with `again`, work that may be
        repeated is done once more on a new one.
        """
        kept = self._wire is not None
        try:
            return self._run_once(work)
        except Temporary as error:
            if not (kept and again and self._wire is None) or error.phase is not Phase.IMAP:
                raise
        return self._run_once(work)

    def _run_once(self, work: Callable[[ImapWire], Result]) -> Result:
        wire = self._wire or self.connect()
        wire.within(Deadline(self.timeouts.fetch, self.timeouts.reply))
        try:
            return work(wire)
        except MailError:
            raise
        except LOST as error:
            self.close()
            words = "took too long" if isinstance(error, TimeoutError) else "hung up"
            raise Temporary(f"the server {words}", phase=Phase.IMAP, family=Family.SOFT) from None
        except GARBAGE as error:
            if not isinstance(error, IMAPClientError):
                self.close()  # nonsense was read: what follows in the stream cannot be trusted
            raise self._refusal(error) from None

    def connect(self) -> ImapWire:
        """Connect, log in and switch on what the server can do."""
        wire = self.greet()
        try:
            self._log_in(wire)
            self._enable(wire)
        except MailError:
            self.close()
            raise
        except (*LOST, *GARBAGE):
            self.close()
            raise Temporary("the server hung up", phase=Phase.AUTH, family=Family.SOFT) from None
        return wire

    def greet(self) -> ImapWire:
        """Connect and secure the connection, nothing else. Replaces the old one."""
        self.close()
        server, deadline = self.server, Deadline(self.timeouts.connect)
        allowed = self.network.plaintext_allowed(server.host, server.port)
        if server.security == "none" and not allowed:
            raise Permanent("This server may only be used with encryption.", phase=Phase.TLS)
        sock = None
        try:
            sock = self.network.connect(server.host, server.port, deadline)
            if server.security == "ssl":
                sock = self.network.secure(sock, server.host, deadline)
            wire = ImapWire(sock, server.host, deadline)
            if server.security == "starttls":
                wire.starttls_strictly(self.network, deadline)
        except MailError:
            shut(sock)
            raise
        except (*REFUSED, *LOST, *GARBAGE) as error:
            shut(sock)
            raise _unreachable(error) from None
        self._wire = wire
        return wire

    def close(self) -> None:
        """Drop the connection."""
        wire, self._wire, self._open = self._wire, None, None
        if wire is not None:
            wire.reader.close()
            shut(wire._imap.sock)

    def open_folder(self, wire: ImapWire, folder: str, *, write: bool = False) -> FolderState:
        """Open a folder anew, so that what it says is the state of now."""
        self._open = None
        try:
            answer = wire.select_folder(folder, readonly=not write)
        except LOST:
            raise
        except IMAPClientError as error:
            refusal = self._refusal(error)
            if _GONE.search(refusal.text):
                raise FolderGone(refusal.text, phase=Phase.IMAP) from None
            raise refusal from None
        self._open = (folder, write)
        self._validity[folder] = answer.get(b"UIDVALIDITY", 0)
        uidnext = answer.get(b"UIDNEXT") or self._derive_uidnext(wire, answer[b"EXISTS"])
        return FolderState(
            uidvalidity=answer.get(b"UIDVALIDITY", 0),
            uidnext=uidnext,
            modseq=answer.get(b"HIGHESTMODSEQ") or None,
            messages=answer[b"EXISTS"],
        )

    def stay_in(self, wire: ImapWire, folder: str, *, write: bool = False) -> None:
        """Open a folder unless it is open already.

        Temporary when it was rebuilt since it was last opened: its UIDs mean other mails now.
        """
        if self._open is None or self._open[0] != folder or (write and not self._open[1]):
            known = self._validity.get(folder)
            found = self.open_folder(wire, folder, write=write).uidvalidity
            if known not in (None, found):
                raise Temporary("the folder was rebuilt", phase=Phase.IMAP, family=Family.SOFT)

    def folders(self, *, fresh: bool = False) -> tuple[RemoteFolder, ...]:
        """All folders with their roles; remembered for the life of the session."""
        if self._folders is None or fresh:
            self._folders = self.run(_list_folders)
        return self._folders

    def folder_with_role(self, role: FolderRole) -> str | None:
        """The key of the folder that has a role."""
        return next((folder.key for folder in self.folders() if folder.role is role), None)

    def capabilities(self) -> tuple[str, ...]:
        """What the server says it can do, after login."""
        names = self.run(lambda wire: wire.capabilities())
        return tuple(name.decode("ascii", "replace") for name in names)

    def _log_in(self, wire: ImapWire) -> None:
        if wire.has_capability("LOGINDISABLED"):
            text = "The server offers no password login on this connection."
            raise Permanent(text, phase=Phase.AUTH, family=Family.AUTH)
        wire.within(Deadline(self.timeouts.total, self.timeouts.reply))
        try:
            wire.log_in(self.server.username, self.server.password)
        except LOST as error:
            words = "took too long" if isinstance(error, TimeoutError) else "hung up"
            text = f"the server {words}"
            raise Temporary(text, phase=Phase.AUTH, family=Family.SOFT) from None
        except IMAPClientError as error:
            text = self._words(error)
            if _BUSY.search(text):
                raise RateLimited(text, retry_after=RETRY_LIMIT_SECONDS, phase=Phase.AUTH) from None
            if _DOWN.search(text):
                raise Temporary(text, phase=Phase.AUTH, family=Family.SOFT) from None
            raise AuthExpired(text, phase=Phase.AUTH, family=Family.AUTH) from None

    def _enable(self, wire: ImapWire) -> None:
        """QRESYNC, else CONDSTORE. A server that refuses is used without."""
        self.enabled = frozenset()
        can_enable = wire.has_capability("ENABLE")
        trusted = self.server.host.lower() not in _QUIRKS_QRESYNC
        if can_enable and trusted and wire.has_capability("QRESYNC"):
            wanted = "QRESYNC"
        elif can_enable and wire.has_capability("CONDSTORE"):
            wanted = "CONDSTORE"
        else:
            return
        try:
            granted = {name.decode().upper() for name in wire.enable(wanted)}
        except LOST:
            raise
        except GARBAGE:
            return
        self.enabled = frozenset({wanted} & granted)

    def _derive_uidnext(self, wire: ImapWire, messages: int) -> int:
        """Some servers do not tell UIDNEXT: one more than the highest UID does as well."""
        return max(wire.uid_search("UID *"), default=0) + 1 if messages else 1

    def _refusal(self, error: Exception) -> MailError:
        text = self._words(error)
        if _BUSY.search(text):
            return RateLimited(text, retry_after=RETRY_LIMIT_SECONDS, phase=Phase.IMAP)
        if isinstance(error, IMAPClientError) and not _DOWN.search(text):
            return Permanent(text, phase=Phase.IMAP)
        return Temporary(text, phase=Phase.IMAP, family=Family.SOFT)

    def _words(self, error: Exception) -> str:
        first = error.args[0] if error.args else ""
        if isinstance(first, bytes):
            first = first.decode("utf-8", "replace")
        text = re.sub(r"^\w+ failed: ", "", str(first))
        text = re.sub(r"^b(['\"])(.*)\1$", r"\2", text, flags=re.S)
        return clean_words(text, secrets=(self.server.password,))


def _list_folders(wire: ImapWire) -> tuple[RemoteFolder, ...]:
    extended = wire.has_capability("SPECIAL-USE") and wire.has_capability("LIST-EXTENDED")
    if extended:
        lines = wire.extended_list()
    elif wire.has_capability("XLIST") and not wire.has_capability("SPECIAL-USE"):
        lines = wire.xlist_folders()
    else:
        lines = wire.list_folders()
    listed = []
    for raw_flags, raw_delimiter, raw_name in lines:
        flags = [flag.decode("ascii", "replace") for flag in raw_flags]
        folder = _remote_folder(raw_name, raw_delimiter, flags)
        if folder is not None and not is_view(flags):
            listed.append((folder, mark_of(flags)))
    return assign_roles(listed)


def _remote_folder(
    name: bytes | str, delimiter: bytes | None, flags: list[str]
) -> RemoteFolder | None:
    from imapclient.imap_utf7 import decode as decode_utf7

    key = name.decode("latin-1") if isinstance(name, bytes) else name
    if re.search("[\r\n\x00]", key):
        return None  # nothing that could be named in a command
    try:
        shown = decode_utf7(key.encode("latin-1"))
    except (UnicodeError, ValueError):
        shown = key
    lowered = {flag.lower() for flag in flags}
    return RemoteFolder(
        key=key,
        name=shown,
        delimiter=(delimiter or b"").decode("ascii", "replace"),
        selectable=not lowered & {"\\noselect", "\\nonexistent"},
    )


def _unreachable(error: Exception) -> MailError:
    """One text for every way of not getting through: the difference would map a network."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Permanent("the certificate is not valid for this name", phase=Phase.TLS)
    if isinstance(error, REFUSED):
        return Permanent("could not be reached", phase=Phase.CONNECT)
    return Temporary("could not be reached", phase=Phase.CONNECT, family=Family.SOFT)
