"""Waiting for news in a folder over a connection of its own (RFC 2177)."""

from __future__ import annotations

import re

from app.providers.mail.errors import Family, MailError, Phase, Temporary
from app.providers.mail.imap_session import GARBAGE, LOST, ImapSession
from app.providers.mail.imap_wire import ImapWire

_NEWS = re.compile(rb"^\* (\d+ (EXISTS|EXPUNGE|FETCH)|VANISHED)", re.I)
_BYE = re.compile(rb"^\* BYE", re.I)


class ImapIdle:
    """A connection in IDLE, for a selector loop. Every method but `close` may raise MailError,
    after which it is closed for good."""

    def __init__(self, session: ImapSession, folder: str) -> None:
        self._session = session
        self._folder = folder
        self._wire: ImapWire = session.run(self._enter, again=False)
        self._heard = False

    def fileno(self) -> int:
        return int(self._wire.reader.sock.fileno())

    def news(self) -> bool:
        """Read what has arrived, without waiting: True when mail or flags changed."""
        try:
            alive = self._wire.reader.receive_now()
            while self._wire.reader.has_line():
                self._hear(self._wire.reader.readline())
        except LOST:
            alive = False
        if not alive:
            self.close()
            raise Temporary("the server hung up", phase=Phase.IMAP, family=Family.SOFT)
        heard, self._heard = self._heard, False
        return heard

    def renew(self) -> None:
        """Leave IDLE and enter it again. News heard meanwhile are told by the next `news`."""
        self._session.run(self._again, again=False)

    def close(self) -> None:
        self._session.close()

    def _enter(self, wire: ImapWire) -> ImapWire:
        self._session.open_folder(wire, self._folder)
        self._idle(wire)
        return wire

    def _idle(self, wire: ImapWire) -> None:
        self._tag = wire._imap._command("IDLE")
        while wire._imap._get_response() is not None:
            if wire._imap.tagged_commands.get(self._tag):
                text = "the server refused to wait"
                raise Temporary(text, phase=Phase.IMAP, family=Family.SOFT)

    def _again(self, wire: ImapWire) -> None:
        wire._imap.send(b"DONE\r\n")
        while not (line := wire._imap.readline()).startswith(self._tag + b" "):
            if not line:
                raise EOFError
            self._hear(line)
        wire._imap.tagged_commands.pop(self._tag, None)
        self._idle(wire)

    def _hear(self, line: bytes) -> None:
        if _BYE.match(line):
            raise EOFError
        self._heard = self._heard or bool(_NEWS.match(line))


def start_idle(session: ImapSession, folder: str) -> ImapIdle:
    """Enter IDLE in `folder` on `session`, which from then on serves nothing else."""
    try:
        return ImapIdle(session, folder)
    except (MailError, *LOST, *GARBAGE):
        session.close()
        raise
