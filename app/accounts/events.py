"""What happened to an account. Published in the transaction that changed it."""

from dataclasses import asdict, dataclass
from typing import Any

ActivityRow = tuple[str, tuple[str, int], dict[str, Any]]


class _OfAccount:
    """What the activity log shows of an event: accounts.connected, accounts.paused …"""

    account_id: int

    def activity(self) -> ActivityRow:
        """Kind, subject and the other values of the event."""
        kind = type(self).__name__.removeprefix("Account").lower()
        data = {k: v for k, v in asdict(self).items() if k != "account_id"}  # type: ignore[call-overload]
        return f"accounts.{kind}", ("account", self.account_id), data


@dataclass(frozen=True)
class AccountConnected(_OfAccount):
    """A mailbox was connected, or reconnected after it had failed."""

    account_id: int


@dataclass(frozen=True)
class AccountPaused(_OfAccount):
    """Nothing leaves from this account until somebody resumes it."""

    account_id: int
    reason: str


@dataclass(frozen=True)
class AccountResumed(_OfAccount):
    """Mail may leave again."""

    account_id: int


@dataclass(frozen=True)
class AccountBroken(_OfAccount):
    """The account's servers refuse it or cannot be reached; a person has to look."""

    account_id: int
    reason: str


@dataclass(frozen=True)
class AccountRemoved(_OfAccount):
    """The account is gone: what it still had to send must not be sent."""

    account_id: int
