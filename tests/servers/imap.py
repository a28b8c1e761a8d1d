"""A real Dovecot in a folder of its own, on a loopback port, for any user with one password."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from imapclient import IMAPClient

from tests.servers.certificates import Certificate
from tests.servers.ports import free_port

DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
SENT, TRASH, JUNK, DRAFTS, ARCHIVE = "Sent", "Trash", "Junk", "Drafts", "Archive"

# What a server says that knows nothing of modification sequences.
PLAIN = "IMAP4rev1 LITERAL+ ID IDLE UIDPLUS SPECIAL-USE LIST-EXTENDED NAMESPACE"
CONDSTORE = f"{PLAIN} ENABLE CONDSTORE"


@dataclass
class Dovecot:
    """`capability` replaces what the server says it can do after login."""

    capability: str = ""
    certificate: Certificate | None = None
    password: str = "secret"
    port: int = 0
    tls_port: int = 0
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="dv-")))

    def start(self) -> Dovecot:
        assert DOVECOT, "Dovecot is not installed"
        self.port, self.tls_port = free_port(), free_port()
        self.folder.chmod(0o755)
        (self.folder / "home").mkdir(exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(self.folder / "home", "nobody")
        (self.folder / "dovecot.conf").write_text(self._configuration())
        command = [DOVECOT, "-F", "-c", str(self.folder / "dovecot.conf")]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self._wait_until_it_listens()
        return self

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(60)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, user: str) -> IMAPClient:
        """Another program at work in the same mailbox."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False)
        client.login(user, self.password)
        return client

    def _wait_until_it_listens(self) -> None:
        ends = time.monotonic() + 60
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as sock:
                    if sock.recv(4) == b"* OK":
                        return
            except OSError:
                pass
            if time.monotonic() > ends or self._process.poll() is not None:
                log = self.folder / "dovecot.log"
                raise RuntimeError(log.read_text() if log.exists() else "Dovecot did not start")
            time.sleep(0.02)

    def _configuration(self) -> str:
        root = os.getuid() == 0
        user = getpass.getuser()
        ssl = "ssl = no"
        if self.certificate:
            cert, key = self.certificate.cert_file, self.certificate.key_file
            ssl = f"ssl = yes\nssl_cert = <{cert}\nssl_key = <{key}"
        as_plain_user = (
            ""
            if root
            else f"default_internal_user = {user}\ndefault_login_user = {user}\n"
            f"default_internal_group = {user}\n"
            + "\n".join(f"service {name} {{\n  chroot =\n}}" for name in ("stats",))
        )
        capability = f"imap_capability = {self.capability}" if self.capability else ""
        special = "\n".join(
            f"  mailbox {name} {{\n    special_use = \\{name}\n    auto = subscribe\n  }}"
            for name in (SENT, TRASH, JUNK, DRAFTS, ARCHIVE)
        )
        return f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/dovecot.log
listen = 127.0.0.1
protocols = imap
{ssl}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
first_valid_uid = 1
mail_uid = {"nobody" if root else user}
mail_gid = {"nogroup" if root else user}
mail_location = maildir:~/mail
mail_max_userip_connections = 50
mail_fsync = never
maildir_stat_dirs = no
passdb {{
  driver = static
  args = password={self.password}
}}
userdb {{
  driver = static
  args = home={self.folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
{special}
}}
service imap-login {{
  {"" if root else "chroot ="}
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = {self.tls_port if self.certificate else 0}
    ssl = yes
  }}
}}
service anvil {{
  {"" if root else "chroot ="}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
protocol imap {{
  imap_idle_notify_interval = 2 mins
  {capability}
}}
{as_plain_user}
"""


@contextmanager
def dovecot(**options: object) -> Iterator[Dovecot]:
    """A running Dovecot, removed with all its mail at the end."""
    server = Dovecot(**options)  # type: ignore[arg-type]
    try:
        yield server.start()
    finally:
        server.remove()
