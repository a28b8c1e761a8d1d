"""Every mailbox of the world, and the records that change them.

Keys of a record: `boxes` new folders with their UIDVALIDITY, `unbox`, `rename`,
`subscribed`, `puts` messages placed (one mail may be placed in several folders), `flags`,
`gone`, `uidnext`, `clients` addresses that a mail program has logged in to.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from email.parser import BytesHeaderParser
from typing import Any

from pymap.mime import MessageContent
from pymap.parsing.specials.flag import Flag

from app.sandbox.passwords import SYSTEM_ADDRESS
from app.sandbox.world.journal import Record
from app.sandbox.world.ledger import Ledger
from app.sandbox.world.mailboxes import Box, StoredMailbox, StoredMailboxSet, StoredMessage

FOLDERS = ("INBOX", "Sent", "Drafts", "Archive", "Junk", "Trash")
CACHED_BYTES = 32 * 1024 * 1024
STRANGER_MAILS = 20
SYSTEM_MAILS = 200


class MailStore:
    """The mail of all addresses, held in memory without the bodies."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.accounts: dict[str, StoredMailboxSet] = {}
        self.clients: set[str] = set()
        self._contents: OrderedDict[int, MessageContent] = OrderedDict()
        self._cached_bytes = 0
        self._last_validity = 0

    # Verbs ------------------------------------------------------------------------------

    def account(self, address: str) -> StoredMailboxSet:
        """The folders of an address; every address has them from the first question on."""
        if address not in self.accounts:
            self.ledger.commit(self.new_boxes(address, FOLDERS))
        return self.accounts[address]

    def box(self, address: str, name: str) -> StoredMailbox:
        """One of the standard folders of an address."""
        boxes = self.account(address).boxes
        if name not in boxes:  # its owner deleted or renamed a standard folder
            self.ledger.commit(self.new_boxes(address, [name]))
        return boxes[name]

    def new_boxes(self, address: str, names: Iterable[str]) -> Record:
        """A record that makes folders. UIDVALIDITY only ever grows, also over restarts."""
        boxes = []
        for name in names:
            self._last_validity = max(self._last_validity + 1, int(time.time()))
            boxes.append([address, name, self._last_validity])
        return {"boxes": boxes}

    def add(
        self,
        places: list[tuple[Box, list[str]]],
        raw: bytes,
        when: float,
        also: Record | None = None,
    ) -> int:
        """Place a mail in folders and change what `also` says, in one record; its number."""
        blob, thread = self.ledger.new_blob(), _thread_key(raw)
        puts = [[*box, self.box(*box).next_uid, flags, when, blob, thread] for box, flags in places]
        self.ledger.commit({"blob": blob, "puts": puts, **(also or {})}, raw)
        for (address, name), _flags in places:
            self._forget_old(address, name)
        return blob

    def _forget_old(self, address: str, name: str) -> None:
        """People and the system's outbox keep the last mails only: the world stays bounded."""
        if address in self.clients and address != SYSTEM_ADDRESS:
            return
        keep = SYSTEM_MAILS if address == SYSTEM_ADDRESS else STRANGER_MAILS
        surplus = [message.uid for message in self.box(address, name).stored()[:-keep]]
        if surplus:
            self.ledger.commit({"gone": [[address, name, surplus]]})

    def move_blob(self, address: str, blob: int, to: str, also: Record) -> None:
        """Move a mail from the INBOX to another folder, if it still lies there; commit `also`."""
        record: Record = dict(also)
        for message in self.box(address, "INBOX").stored():
            if message.blob == blob:
                uid = self.box(address, to).next_uid
                record["puts"] = [[address, to, *message.placed(uid)]]
                record["gone"] = [[address, "INBOX", [message.uid]]]
        self.ledger.commit(record)

    def mark_client(self, address: str) -> None:
        """A mail program uses this address: keep all its mail and simulate nobody there."""
        if address not in self.clients:
            self.ledger.commit({"clients": [address]})

    def content(self, blob: int) -> MessageContent:
        """The parsed mail, from a bounded cache or from the journal."""
        if (content := self._contents.get(blob)) is None:
            content = MessageContent.parse(self.ledger.read(blob))
            self._contents[blob] = content
            self._cached_bytes += len(content)
            while self._cached_bytes > CACHED_BYTES and len(self._contents) > 1:
                _blob, oldest = self._contents.popitem(last=False)
                self._cached_bytes -= len(oldest)
        self._contents.move_to_end(blob)
        return content

    # Part of the ledger -----------------------------------------------------------------

    def apply(self, record: Record) -> None:
        """Take over what a record says about mailboxes."""
        for address, before, after in record.get("rename", ()):
            boxes = self.accounts[address].boxes
            boxes[after] = boxes.pop(before)
            boxes[after].box = (address, after)
        for address, name, validity in record.get("boxes", ()):
            self._add_box(address, name, validity)
        for address, name in record.get("unbox", ()):
            self.accounts[address].boxes.pop(name, None)
        self._apply_messages(record)
        for address, name, subscribed in record.get("subscribed", ()):
            names = self.accounts[address].subscribed
            names.add(name) if subscribed else names.discard(name)
        self.clients.update(record.get("clients", ()))

    def _add_box(self, address: str, name: str, validity: int) -> None:
        account = self.accounts.setdefault(address, StoredMailboxSet(self, address))
        account.boxes[name] = StoredMailbox(self, (address, name), validity)
        self._last_validity = max(self._last_validity, validity)

    def _apply_messages(self, record: Record) -> None:
        for address, name, uid, flags, when, blob, thread in record.get("puts", ()):
            message = StoredMessage(self, uid, when, map(Flag, flags), blob, thread)
            self.accounts[address].boxes[name].put(message)
        for address, name, uid, flags in record.get("flags", ()):
            self.accounts[address].boxes[name].set_flags(uid, flags)
        for address, name, uids in record.get("gone", ()):
            self.accounts[address].boxes[name].remove(uids)
        for address, name, uid in record.get("uidnext", ()):
            self.accounts[address].boxes[name].raise_max_uid(uid - 1)

    def live_blobs(self) -> set[int]:
        """The mails that lie in some folder."""
        return {message.blob for box in self._all_boxes() for message in box.stored()}

    def snapshot(self) -> Iterator[Record]:
        """Records that rebuild every folder with the same UIDs, flags and UIDVALIDITY."""
        for box in self._all_boxes():
            yield {"boxes": [[*box.box, box.uid_validity]]}
            stored = box.stored()
            for start in range(0, len(stored), 200):
                some = stored[start : start + 200]
                yield {"puts": [[*box.box, *message.placed()] for message in some]}
            yield {"uidnext": [[*box.box, box.next_uid]]}
        for address, account in self.accounts.items():
            if account.subscribed:
                names: list[list[Any]] = [[address, name, True] for name in account.subscribed]
                yield {"subscribed": names}
        yield {"clients": sorted(self.clients)}

    def _all_boxes(self) -> Iterator[StoredMailbox]:
        for account in self.accounts.values():
            yield from account.boxes.values()


def _thread_key(raw: bytes) -> str:
    """The same for all mails of one conversation: from its first Message-ID."""
    headers = BytesHeaderParser().parsebytes(raw)
    chain = str(headers.get("References") or headers.get("In-Reply-To") or "").split()
    root = chain[0] if chain else str(headers.get("Message-ID") or raw[:200])
    return "T" + hashlib.sha256(root.strip().encode(errors="replace")).hexdigest()[:24]
