"""A mailbox nobody can sign in to, as its password is not to be had: it refuses everything."""

from __future__ import annotations

from typing import Any, NoReturn

from app.providers.mail.base import Step, Verification
from app.providers.mail.errors import AuthExpired, Family, Phase


class LockedProvider:
    """`MailProvider` without a password. Nothing is connected to; every verb raises AuthExpired
    with the given sentence, so that whoever works on the account does what it does when a server
    refuses the password."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def verify(self) -> Verification:
        step = Step("imap_login", "Read the saved password", ok=False, text=self.sentence)
        return Verification(steps=(step,), error=self._error())

    def _refuse(self, *_args: Any, **_values: Any) -> NoReturn:
        raise self._error()

    send = folders = changes = fetch = find_by_message_id = append_sent = set_flags = idle = _refuse

    def close(self) -> None:
        """There is nothing to close."""

    def _error(self) -> AuthExpired:
        return AuthExpired(self.sentence, phase=Phase.AUTH, family=Family.AUTH)
