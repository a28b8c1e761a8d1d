"""pymap's in-memory mailboxes, made durable: every change goes through the ledger first.

pymap ships backends that either forget everything at exit (dict) or give out UIDs in
another order than arrival (maildir). These subclasses keep its protocol code and session
logic and replace only where the state lives. The overrides never wait between looking and
changing, so pymap's locks are not needed; `update_selected`, which ends every command of a
selected mailbox, waits for the disk, so a client that read OK will find the same after a
crash.
"""

import time
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pymap.backend.dict.mailbox import LoadedMessage, MailboxData, MailboxSet, Message
from pymap.concurrent import Event
from pymap.flags import FlagOp
from pymap.interfaces.message import CachedMessage
from pymap.listtree import ListTree
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import FetchRequirement, ObjectId
from pymap.parsing.specials.flag import Flag
from pymap.selected import SelectedMailbox

if TYPE_CHECKING:
    from app.sandbox.world.mailstore import MailStore

Box = tuple[str, str]


class StoredMessage(Message):
    """A message that knows its number in the journal and reads its content when asked."""

    __slots__ = ("_store", "blob", "thread")

    def __init__(
        self, store: "MailStore", uid: int, when: float, flags: Iterable[Flag], blob: int,
        thread: str, *, recent: bool = False, expunged: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            uid,
            datetime.fromtimestamp(when, UTC),
            flags,
            recent=recent,
            expunged=expunged,
            email_id=ObjectId(b"M%x" % blob),
            thread_id=ObjectId(thread.encode()),
        )
        self._store = store
        self.blob = blob
        self.thread = thread

    async def load_content(self, requirement: FetchRequirement) -> LoadedMessage:
        return LoadedMessage(self, requirement, self._store.content(self.blob))

    def placed(self, uid: int | None = None) -> list[Any]:
        """What a record says about this message, under its own or another UID."""
        flags = sorted(str(flag) for flag in self.permanent_flags)
        when = self.internal_date.timestamp()
        return [self.uid if uid is None else uid, flags, when, self.blob, self.thread]

    def as_expunged(self) -> "StoredMessage":
        """A ghost for sessions that have not yet been told that the message is gone."""
        when = self.internal_date.timestamp()
        return StoredMessage(
            self._store, self.uid, when, self.permanent_flags, self.blob, self.thread,
            expunged=True,
        )  # fmt: skip


class StoredMailbox(MailboxData):
    """One folder of one address."""

    def __init__(self, store: "MailStore", box: Box, uid_validity: int) -> None:
        # The parent's content and thread caches serve the methods replaced here.
        super().__init__(None, None)  # type: ignore[arg-type]
        self.store = store
        self.box = box
        self._uid_validity = uid_validity
        self._max_uid = 0
        self._mailbox_id = ObjectId(b"F%x" % uid_validity)
        self._messages: dict[int, StoredMessage] = {}  # type: ignore[assignment]

    # What the store calls when it applies a record -------------------------------------

    def put(self, message: StoredMessage) -> None:
        """A message is here from now on."""
        self._max_uid = max(self._max_uid, message.uid)
        self._messages[message.uid] = message
        self._changed([message.uid])

    def remove(self, uids: Iterable[int]) -> None:
        """The messages are here no more."""
        gone = [uid for uid in uids if self._messages.pop(uid, None) is not None]
        self._mod_sequences.expunge(gone)
        self._updated.set()

    def set_flags(self, uid: int, flags: Iterable[str]) -> None:
        """The message has exactly these flags."""
        if message := self._messages.get(uid):
            message.permanent_flags = frozenset(Flag(flag) for flag in flags)
            self._changed([uid])

    def raise_max_uid(self, uid: int) -> None:
        """UIDs up to `uid` have been given out."""
        self._max_uid = max(self._max_uid, uid)

    def _changed(self, uids: list[int]) -> None:
        self._mod_sequences.update(uids)
        self._updated.set()

    # What others ask --------------------------------------------------------------------

    @property
    def next_uid(self) -> int:
        return self._max_uid + 1

    def stored(self) -> list[StoredMessage]:
        """All messages, oldest first."""
        return list(self._messages.values())

    # pymap's interface ------------------------------------------------------------------

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> StoredMessage:
        when = append_msg.when.timestamp() if append_msg.when else time.time()
        flags = sorted(str(flag) for flag in append_msg.flag_set)
        uid = self.next_uid
        self.store.add([(self.box, flags)], bytes(append_msg.literal), when)
        await self.store.ledger.synced()
        message = self._messages[uid]
        message.recent = recent
        return message

    async def copy(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        return self._place(uid, destination, recent, move=False)

    async def move(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        return self._place(uid, destination, recent, move=True)

    def _place(self, uid: int, destination: MailboxData, recent: bool, *, move: bool) -> int | None:
        assert isinstance(destination, StoredMailbox)
        message = self._messages.get(uid)
        if message is None:
            return None
        new_uid = destination.next_uid
        record: dict[str, Any] = {"puts": [[*destination.box, *message.placed(new_uid)]]}
        if move:
            record["gone"] = [[*self.box, [uid]]]
        self.store.ledger.commit(record)
        destination._messages[new_uid].recent = recent
        return new_uid

    async def get(self, uid: int, cached_msg: CachedMessage) -> StoredMessage:
        if uid < 1 or uid > self._max_uid:
            raise IndexError(uid)
        message = self._messages.get(uid)
        if message is not None:
            return message
        if not isinstance(cached_msg, StoredMessage):
            raise TypeError(cached_msg)
        return cached_msg.as_expunged()

    async def update(
        self, uid: int, cached_msg: CachedMessage, flag_set: frozenset[Flag], mode: FlagOp
    ) -> StoredMessage:
        message = await self.get(uid, cached_msg)
        flags = mode.apply(message.permanent_flags, flag_set)
        if not message.expunged and flags != message.permanent_flags:
            named = sorted(str(flag) for flag in flags)
            self.store.ledger.commit({"flags": [[*self.box, uid, named]]})
        return message

    async def delete(self, uids: Iterable[int]) -> None:
        present = [uid for uid in uids if uid in self._messages]
        if present:
            self.store.ledger.commit({"gone": [[*self.box, present]]})

    async def messages(self) -> AsyncIterator[StoredMessage]:
        for message in self.stored():
            yield message

    async def update_selected(
        self, selected: SelectedMailbox, *, wait_on: Event | None = None
    ) -> SelectedMailbox:
        await self.store.ledger.synced()
        result = await super().update_selected(selected, wait_on=wait_on)
        if wait_on is not None:
            await self.store.ledger.synced()
        return result


class StoredMailboxSet(MailboxSet):
    """The folders of one address."""

    def __init__(self, store: "MailStore", address: str) -> None:
        super().__init__()
        self.store = store
        self.address = address
        self.boxes: dict[str, StoredMailbox] = {}
        self.subscribed: set[str] = set()

    async def set_subscribed(self, name: str, subscribed: bool) -> None:
        await self._commit({"subscribed": [[self.address, name, subscribed]]})

    async def list_subscribed(self) -> ListTree:
        names = [name for name in self.boxes if name in self.subscribed and name != "INBOX"]
        return ListTree(self.delimiter).update("INBOX", *names)

    async def list_mailboxes(self) -> ListTree:
        return ListTree(self.delimiter).update(
            "INBOX", *(name for name in self.boxes if name != "INBOX")
        )

    async def get_mailbox(self, name: str) -> StoredMailbox:
        return self.boxes[_canonical(name)]

    async def add_mailbox(self, name: str) -> ObjectId:
        if name in self.boxes:
            raise ValueError(name)
        await self._commit(self.store.new_boxes(self.address, [name]))
        return self.boxes[name].mailbox_id

    async def delete_mailbox(self, name: str) -> None:
        if name not in self.boxes:
            raise KeyError(name)
        await self._commit({"unbox": [[self.address, name]]})

    async def rename_mailbox(self, before: str, after: str) -> None:
        before = _canonical(before)
        if before not in self.boxes:
            raise KeyError(before)
        if after in self.boxes:
            raise ValueError(after)
        tree = ListTree(self.delimiter).update(*self.boxes)
        renames = [[self.address, *pair] for pair in tree.get_renames(before, after)]
        record: dict[str, Any] = {"rename": renames}
        if before == "INBOX":  # renaming INBOX leaves a new, empty one (RFC 3501 6.3.5)
            record |= self.store.new_boxes(self.address, ["INBOX"])
        await self._commit(record)

    async def _commit(self, record: dict[str, Any]) -> None:
        self.store.ledger.commit(record)
        await self.store.ledger.synced()


def _canonical(name: str) -> str:
    return "INBOX" if name.upper() == "INBOX" else name
