"""A mailbox reached over IMAP and SMTP with a password."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Literal

from app.providers.mail import imap_changes, imap_reading
from app.providers.mail.base import (
    Changes,
    Cursor,
    Envelope,
    Evidence,
    FetchedMail,
    FolderRole,
    IdleWatch,
    RemoteFolder,
    SendReceipt,
    SentCopy,
    Server,
    Timeouts,
    Verification,
)
from app.providers.mail.errors import FolderGone
from app.providers.mail.imap_idle import start_idle
from app.providers.mail.imap_session import ImapSession
from app.providers.mail.imap_wire import ImapWire, uid_set
from app.providers.mail.smtp import SmtpSender
from app.providers.mail.trial import try_out
from app.providers.network import Network

SentPolicy = Literal["provider", "append", "none"]
FLAGS_AT_ONCE = 1_000


class ImapSmtpProvider:
    """`MailProvider` over one IMAP and one SMTP connection, each opened when first needed.

    `sent_copy` is what is known of the server: "provider" when it files a copy of everything it
    sends, which alone makes the absence of a mail in Sent mean that it was not sent.
    """

    def __init__(
        self,
        email: str,
        imap: Server,
        smtp: Server,
        *,
        sent_copy: SentPolicy = "append",
        network: Network | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.network = network or Network()
        self.timeouts = timeouts or Timeouts()
        self.sent_copy = sent_copy
        self.imap = ImapSession(imap, self.network, self.timeouts)
        name = email.rpartition("@")[2]
        self.smtp = SmtpSender(smtp, self.network, self.timeouts, name)

    def verify(self) -> Verification:
        return try_out(self.imap, self.smtp)

    def send(
        self, envelope: Envelope, before_dot: Callable[[], bool] = lambda: True
    ) -> SendReceipt:
        return self.smtp.send(envelope, before_dot)

    def folders(self) -> tuple[RemoteFolder, ...]:
        return self.imap.folders(fresh=True)

    def changes(self, folder: str, cursor: Cursor | None, since: date | None = None) -> Changes:
        return imap_changes.read_changes(self.imap, folder, cursor, since)

    def fetch(self, folder: str, uids: Sequence[int]) -> Iterator[FetchedMail]:
        return imap_reading.fetch_mails(self.imap, folder, uids)

    def find_by_message_id(self, message_id: str) -> Evidence:
        sent = self.imap.folder_with_role(FolderRole.SENT)
        if sent is None:
            return Evidence.UNKNOWN
        try:
            if self._holds(sent, message_id):
                return Evidence.FOUND
        except FolderGone:
            return Evidence.UNKNOWN
        return Evidence.ABSENT if self.sent_copy == "provider" else Evidence.UNKNOWN

    def append_sent(self, raw: bytes, message_id: str, sent_at: datetime | None = None) -> SentCopy:
        sent = self.imap.folder_with_role(FolderRole.SENT)
        if sent is None:
            return SentCopy.NO_FOLDER
        if self._holds(sent, message_id):
            return SentCopy.PRESENT
        # Never repeated by itself: an APPEND whose answer got lost may have been done.
        self.imap.run(lambda wire: wire.append(sent, raw, (r"\Seen",), sent_at), again=False)
        return SentCopy.APPENDED

    def set_flags(
        self,
        folder: str,
        uids: Sequence[int],
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> None:
        for batch in imap_reading.slices(sorted(set(uids)), FLAGS_AT_ONCE):
            self._store(folder, batch, add, remove)

    def idle(self, folder: str) -> IdleWatch | None:
        session = ImapSession(self.imap.server, self.network, self.timeouts)
        if "IDLE" not in session.capabilities():
            session.close()
            return None
        return start_idle(session, folder)

    def close(self) -> None:
        self.smtp.quit()
        self.imap.close()

    def _holds(self, folder: str, message_id: str) -> bool:
        def search(wire: ImapWire) -> bool:
            # Opened anew each time: a folder that stays open may not show what arrived since.
            self.imap.open_folder(wire, folder)
            quoted = message_id.replace("\\", "\\\\").replace('"', '\\"')
            return bool(wire.uid_search(f'HEADER Message-ID "{quoted}"'))

        return self.imap.run(search)

    def _store(
        self, folder: str, uids: Sequence[int], add: Sequence[str], remove: Sequence[str]
    ) -> None:
        def store(wire: ImapWire) -> None:
            self.imap.stay_in(wire, folder, write=True)
            for command, flags in (("+FLAGS.SILENT", add), ("-FLAGS.SILENT", remove)):
                if flags:
                    wire.uid_store(uid_set(uids), command, flags)

        self.imap.run(store)
