"""What can go wrong at a mail server, in the few kinds that callers act on.

`phase` tells how far it got, and with it whether trying again is safe: everything before the final
dot of a message is, whatever comes after it without a clear answer is `Uncertain`.
"""

from __future__ import annotations

from enum import StrEnum


class Family(StrEnum):
    """Who is to blame for a refusal, and so what happens next."""

    ADDRESS = "address"  # the recipient does not exist: the lead has bounced
    SOFT = "soft"  # full, greylisted, busy: try the same mail later
    BLOCK = "block"  # reputation, policy or quota: pause the account, never blame the lead
    AUTH = "auth"  # the account must be reconnected
    UNKNOWN = "unknown"  # hold it and show it to a person


class Phase(StrEnum):
    """The step of a conversation an error belongs to, in their order."""

    CONNECT = "connect"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"
    IMAP = "imap"


class MailError(Exception):
    """Base of all. `text` is the server's own words, cleaned, without any credentials."""

    def __init__(
        self,
        text: str,
        *,
        phase: Phase,
        code: int | None = None,
        enhanced: str = "",
        family: Family = Family.UNKNOWN,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.phase = phase
        self.code = code
        self.enhanced = enhanced
        self.family = family

    def __str__(self) -> str:
        reply = " ".join(str(part) for part in (self.code, self.enhanced, self.text) if part)
        return f"{self.phase}: {reply}"


class Temporary(MailError):
    """It did not happen and may well happen later. Safe to try again."""


class Permanent(MailError):
    """A definite no. `family` says whose fault it is."""


class FolderGone(Permanent):
    """The folder does not exist any more, or may not be opened."""


class AuthExpired(MailError):
    """The credentials are refused: nothing works until a person reconnects the account."""


class RateLimited(MailError):
    """Too much, too fast. Nothing happened; come back after `retry_after` seconds."""

    def __init__(
        self,
        text: str,
        *,
        retry_after: float,
        phase: Phase,
        code: int | None = None,
        enhanced: str = "",
    ) -> None:
        super().__init__(text, phase=phase, code=code, enhanced=enhanced, family=Family.BLOCK)
        self.retry_after = retry_after


class Uncertain(MailError):
    """The final dot may have been read, no answer came: look for evidence, never just resend."""


class Fenced(MailError):
    """`before_dot` said no: the message was abandoned before its final dot. It was not sent."""
