"""What happened to an account. Published in the transaction that changed it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AccountConnected:
    """A mailbox was connected, or reconnected after it had failed."""

    account_id: int


@dataclass(frozen=True)
class AccountPaused:
    """Nothing leaves from this account until somebody resumes it."""

    account_id: int
    reason: str


@dataclass(frozen=True)
class AccountResumed:
    """Mail may leave again."""

    account_id: int


@dataclass(frozen=True)
class AccountBroken:
    """The account's servers refuse it or cannot be reached; a person has to look."""

    account_id: int
    reason: str


@dataclass(frozen=True)
class AccountRemoved:
    """The account is gone: what it still had to send must not be sent."""

    account_id: int
