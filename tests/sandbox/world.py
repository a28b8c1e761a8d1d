"""The mail world as a test drives it: the real process on free ports."""

import email
import email.policy
import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

from imapclient import IMAPClient

from app.sandbox.passwords import sandbox_password
from tests.servers.ports import free_port

T = TypeVar("T")
KEY = "key-of-the-tests"
ROOT = Path(__file__).parents[2]


@dataclass
class World:
    """The sandbox process: can be killed and started again on the same data and ports."""

    directory: Path
    environ: dict[str, str] = field(default_factory=dict)
    smtp_port: int = field(default_factory=free_port)
    imap_port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    def start(self) -> "World":
        environ = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SANDBOX_KEY": KEY,
            "SANDBOX_SMTP_PORT": str(self.smtp_port), "SANDBOX_IMAP_PORT": str(self.imap_port),
            "INSTANCE_DIR": str(self.directory), **self.environ,
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.sandbox"], env=environ, cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        if "sandbox ready" not in self.process.stdout.readline():
            raise AssertionError(self._last_words())
        return self

    def _last_words(self) -> str:
        assert self.process is not None
        _output, errors = self.process.communicate(timeout=60)
        self.process = None
        return errors

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(60)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        self.process = None
        return code

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def smtp(self, address: str) -> smtplib.SMTP:
        server = smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=60)
        server.login(address, sandbox_password(KEY, address))
        return server

    def imap(self, address: str) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self.imap_port, ssl=False, use_uid=True, timeout=60)
        client.login(address, sandbox_password(KEY, address))
        return client

    def send(self, sender: str, to: str, subject: str = "Hello", **headers: str) -> str:
        """Submit one mail; its Message-ID."""
        message = make_mail(sender, to, subject, **headers)
        with self.smtp(sender) as server:
            server.send_message(message, sender, [to])
        return str(message["Message-ID"])

    def mails(self, address: str, folder: str = "INBOX") -> list[EmailMessage]:
        """All mails of a folder, oldest first, parsed."""
        with self.imap(address) as client:
            client.select_folder(folder, readonly=True)
            uids = client.search()
            found = client.fetch(uids, [b"BODY.PEEK[]"])
        return [
            email.message_from_bytes(found[uid][b"BODY[]"], policy=email.policy.default)
            for uid in sorted(uids)
        ]

    def wait_for(self, address: str, count: int = 1, folder: str = "INBOX") -> list[EmailMessage]:
        """The mails of a folder once there are `count`."""
        return wait_until(
            lambda: found if len(found := self.mails(address, folder)) >= count else None
        )


def wait_until(condition: Callable[[], T | None], seconds: float = 60) -> T:
    """What `condition` gives as soon as it gives something."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def make_mail(sender: str, to: str, subject: str = "Hello", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"Mia Lang <{sender}>"
    message["To"] = f"Anna Schmidt <{to}>"
    message["Subject"] = subject
    message["Date"] = "Mon, 23 Nov 2026 10:00:00 +0000"
    message["Message-ID"] = f"<{time.monotonic_ns()}@{sender.partition('@')[2]}>"
    html = headers.pop("html", "<p>Hi Anna,</p><p>shall we talk?</p>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Hi Anna,\n\nshall we talk?\n")
    message.add_alternative(html, subtype="html")
    return message
