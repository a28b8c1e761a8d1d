"""Trying out an account: both servers, step by step, with the server's own words.

What is told of a server that cannot be reached is always the same sentence, whatever the reason,
and a greeting is never repeated: otherwise this would be a way to look around inside a network.
Only an answer to our login, from something that speaks the protocol, is passed on.
"""

from __future__ import annotations

from collections.abc import Callable

from app.providers.mail.base import RemoteFolder, Step, Verification
from app.providers.mail.errors import MailError, Phase
from app.providers.mail.facts import facts_for_server
from app.providers.mail.imap_session import ImapSession
from app.providers.mail.smtp import SmtpSender

_LABELS = {
    "imap_connect": "Reach the IMAP server",
    "imap_login": "Sign in to IMAP",
    "imap_folders": "Read the folders",
    "smtp_connect": "Reach the SMTP server",
    "smtp_login": "Sign in to SMTP",
}
# Phases in which nothing the other side says is repeated.
_SILENT = (Phase.CONNECT,)


def try_out(imap: ImapSession, smtp: SmtpSender) -> Verification:
    """Try every step of both servers; the second even when the first fails. Never raises."""
    trial = _Trial()
    folders: tuple[RemoteFolder, ...] = ()
    capabilities: tuple[str, ...] = ()
    trial.step("imap_connect", imap.greet, _place(imap.server.host, imap.server.port))
    if trial.step("imap_login", imap.connect, "", needs="imap_connect"):
        capabilities = imap.capabilities()
    if trial.step("imap_folders", lambda: imap.folders(fresh=True), "", needs="imap_login"):
        folders = imap.folders()
    trial.step("smtp_connect", smtp.greet, _place(smtp.server.host, smtp.server.port))
    trial.step("smtp_login", smtp.connect, "", needs="smtp_connect")
    imap.close()
    smtp.quit()
    return Verification(
        steps=trial.steps(),
        capabilities=capabilities,
        folders=folders,
        files_sent_copy=_files_sent_copy(smtp.server.host, capabilities),
        error=trial.error,
    )


class _Trial:
    """The outcome of each step, in the order of `_LABELS`."""

    def __init__(self) -> None:
        self.error: MailError | None = None
        self._done: dict[str, Step] = {}

    def step(self, name: str, work: Callable[[], object], place: str, *, needs: str = "") -> bool:
        if needs and not (needs in self._done and self._done[needs].ok):
            return False
        try:
            work()
        except MailError as error:
            self.error = self.error or error
            self._done[name] = Step(name, _LABELS[name], ok=False, text=_sentence(error, place))
            return False
        self._done[name] = Step(name, _LABELS[name], ok=True)
        return True

    def steps(self) -> tuple[Step, ...]:
        return tuple(
            self._done.get(name, Step(name, label, ok=None)) for name, label in _LABELS.items()
        )


def _sentence(error: MailError, place: str) -> str:
    if error.phase in _SILENT:
        return f"Could not reach {place}. Check the name, the port and the encryption."
    if error.phase is Phase.TLS:
        return f"No secure connection to {place}: {error.text.rstrip('.')}."
    if error.code or error.family == "auth":
        return " ".join(str(part) for part in (error.code, error.enhanced, error.text) if part)
    return error.text[:1].upper() + error.text[1:]


def _place(host: str, port: int) -> str:
    return f"{host} on port {port}"


def _files_sent_copy(smtp_host: str, capabilities: tuple[str, ...]) -> bool | None:
    if "X-GM-EXT-1" in capabilities:
        return True
    facts = facts_for_server(smtp_host)
    return facts.files_sent_copy if facts else None
