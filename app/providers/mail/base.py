"""The one shape in which the rest of the application sees a mailbox at a provider.

Adapters hold network connections and nothing else: no database, no transaction may be open while
one of these methods runs. An adapter belongs to one thread at a time. All methods raise the errors
of `errors.py` and nothing else; times are aware UTC, sizes are bytes, durations seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

Security = Literal["ssl", "starttls", "none"]
Cursor = Mapping[str, Any]

MAX_MAIL_BYTES = 50 * 1024 * 1024
OVERSIZE_HEAD_BYTES = 262_144


@dataclass(frozen=True)
class Server:
    """One server to log in to. `security` "none" is refused except on targets opened for it."""

    host: str
    port: int
    security: Security
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Timeouts:
    """How long a server may take. `total` bounds a whole send, connecting included.

    A lease on the work must outlast `total`, or two workers could hold the same mail.
    """

    connect: float = 10.0
    reply: float = 20.0
    total: float = 45.0
    fetch: float = 120.0


class FolderRole(StrEnum):
    """What a folder is for; OTHER for all that people make themselves."""

    INBOX = "inbox"
    SENT = "sent"
    DRAFTS = "drafts"
    ARCHIVE = "archive"
    JUNK = "junk"
    TRASH = "trash"
    ALL = "all"
    OTHER = ""


@dataclass(frozen=True)
class RemoteFolder:
    """A folder at the provider. `key` identifies it there, `name` is for people."""

    key: str
    name: str
    role: FolderRole = FolderRole.OTHER
    delimiter: str = "/"
    selectable: bool = True


@dataclass(frozen=True)
class Step:
    """One step of trying out an account. `ok` is None when it was never reached.

    `text` is a sentence for people: ours, or the server's own words when it spoke.
    """

    name: str
    label: str
    ok: bool | None
    text: str = ""


@dataclass(frozen=True)
class Verification:
    """What trying out an account showed. `files_sent_copy` is None when nobody can know yet."""

    steps: tuple[Step, ...]
    capabilities: tuple[str, ...] = ()
    folders: tuple[RemoteFolder, ...] = ()
    files_sent_copy: bool | None = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        return all(step.ok for step in self.steps)


@dataclass(frozen=True)
class Envelope:
    """A message ready to leave: `message` is the complete RFC 5322 text, any line ends.

    `recipients[0]` is the one the mail is for: when it is refused nothing is sent. Others that are
    refused come back in the receipt.
    """

    sender: str
    recipients: Sequence[str]
    message: bytes


@dataclass(frozen=True)
class SendReceipt:
    """The provider took the mail. `reply` is its own words, `refused` the lesser recipients."""

    reply: str
    provider_id: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)


class Evidence(StrEnum):
    """What the provider knows of a message we may have sent."""

    FOUND = "found"
    ABSENT = "absent"  # and this provider files a copy of all it sends, so it was not sent
    UNKNOWN = "unknown"


class SentCopy(StrEnum):
    """How a message got into the Sent folder."""

    APPENDED = "appended"
    PRESENT = "present"  # the provider had filed it, or we did earlier
    NO_FOLDER = "no_folder"


class Reset(StrEnum):
    """Why a cursor could not be followed; what is reported then is the whole folder."""

    FIRST = "first"  # there was no cursor
    UIDVALIDITY = "uidvalidity"  # all keys are new: match old rows by `identities`
    MODSEQ = "modseq"  # keys still hold, flags are reported for all


@dataclass(frozen=True)
class MailIdentity:
    """Enough to recognise a message under a new UID."""

    uid: int
    message_id: str
    size: int
    internal_date: datetime | None


@dataclass(frozen=True)
class Changes:
    """What happened in a folder since a cursor.

    `new` are UIDs never reported before, newest first. `flags` holds the present flags of known
    messages that changed (or may have changed; saying it twice is harmless). Gone messages come
    either as `vanished`, or as `present`: the complete set of UIDs that are still there.
    """

    uidvalidity: int
    new: tuple[int, ...]
    flags: Mapping[int, frozenset[str]]
    vanished: tuple[int, ...]
    present: frozenset[int] | None
    cursor: Cursor
    reset: Reset | None = None
    identities: tuple[MailIdentity, ...] = ()


@dataclass(frozen=True)
class FetchedMail:
    """One message. `problem` is set, and `raw` only its beginning or empty, when it is beyond
    50 MB or the server cannot produce it."""

    uid: int
    raw: bytes
    flags: frozenset[str]
    internal_date: datetime | None
    size: int
    problem: str = ""


class IdleWatch(Protocol):
    """A connection of its own that waits for news in one folder, for a selector loop."""

    def fileno(self) -> int:
        """The socket to select on."""
        ...

    def news(self) -> bool:
        """Read what has arrived, without waiting: True when mail or flags changed."""
        ...

    def renew(self) -> None:
        """Leave IDLE and enter it again; servers drop connections idle for 30 minutes."""
        ...

    def close(self) -> None: ...


class MailProvider(Protocol):
    """A mailbox at a provider."""

    def verify(self) -> Verification:
        """Connect and log in to everything. Never raises: each step carries its outcome."""
        ...

    def send(
        self, envelope: Envelope, before_dot: Callable[[], bool] = lambda: True
    ) -> SendReceipt:
        """Hand a message over on a connection that is kept open for the next one.

        `before_dot` is called immediately before the message becomes final; when it returns False
        the message is abandoned and `Fenced` raised. Errors before that point, and definite
        refusals after it, mean "not sent". Only `Uncertain` means "perhaps".
        """
        ...

    def folders(self) -> tuple[RemoteFolder, ...]:
        """All folders, each role given at most once."""
        ...

    def changes(self, folder: str, cursor: Cursor | None, since: date | None = None) -> Changes:
        """What happened after `cursor`; None for everything, then no older than `since`."""
        ...

    def fetch(self, folder: str, uids: Sequence[int]) -> Iterator[FetchedMail]:
        """The messages, newest (highest UID) first, those gone meanwhile left out."""
        ...

    def find_by_message_id(self, message_id: str) -> Evidence:
        """Was the message with this Message-ID (angle brackets included) sent?"""
        ...

    def append_sent(self, raw: bytes, message_id: str, sent_at: datetime | None = None) -> SentCopy:
        """File a copy in Sent unless one with this Message-ID is there. Safe to repeat.

        It stands there as of `sent_at`, so that an answer quicker than the copy comes after it.
        """
        ...

    def set_flags(
        self,
        folder: str,
        uids: Sequence[int],
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> None:
        """Add and remove flags such as "\\\\Seen"; UIDs that are gone are no error."""
        ...

    def idle(self, folder: str) -> IdleWatch | None:
        """Start waiting for news in a folder; None when the provider cannot."""
        ...

    def close(self) -> None:
        """Drop all connections. The adapter opens them again when it is used."""
        ...
