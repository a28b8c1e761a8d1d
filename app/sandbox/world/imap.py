"""The IMAP door: pymap's server on the world's mail store."""

import hmac
from argparse import Namespace
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from pymap.backend.dict import Config, DictBackend, Identity, Login, Session
from pymap.backend.dict.filter import FilterSet
from pymap.exceptions import InvalidAuth
from pymap.imap import IMAPService
from pymap.selected import SelectedMailbox
from pymap.user import UserMetadata
from pysasl.creds.server import ServerCredentials
from pysasl.hashing import Cleartext

from app.sandbox.passwords import sandbox_password
from app.sandbox.world.mailstore import MailStore

MAX_APPEND = 50 * 1024 * 1024
SPECIAL_USE = {
    "Sent": b"Sent",
    "Drafts": b"Drafts",
    "Archive": b"Archive",
    "Junk": b"Junk",
    "Trash": b"Trash",
}


class _Session(Session):
    """Adds the SPECIAL-USE attributes (RFC 6154) that pymap leaves out of LIST."""

    async def list_mailboxes(
        self,
        ref_name: str,
        filter_: str,
        subscribed: bool = False,
        selected: SelectedMailbox | None = None,
    ) -> tuple[Iterable[tuple[str, str | None, Sequence[bytes]]], SelectedMailbox | None]:
        found, updates = await super().list_mailboxes(ref_name, filter_, subscribed, selected)
        named = [
            (name, delimiter, [*attributes, SPECIAL_USE[name]])
            if name in SPECIAL_USE
            else (name, delimiter, attributes)
            for name, delimiter, attributes in found
        ]
        return named, updates


class _Identity(Identity):
    """Opens the folders of an address."""

    def __init__(self, name: str, login: "_Login") -> None:
        super().__init__(name, login, None, frozenset())
        self._store = login.store

    @asynccontextmanager
    async def new_session(self) -> AsyncIterator[Session]:
        self._store.mark_client(self.name)
        folders = self._store.account(self.name)
        yield _Session(self.name, self.config, folders, FilterSet())


class _Login(Login):
    """Knows the one right password of each address."""

    def __init__(self, config: Config, store: MailStore, key: str) -> None:
        super().__init__(config)
        self.store = store
        self._key = key

    async def authenticate(self, credentials: ServerCredentials) -> Identity:
        address = credentials.authcid.strip().lower()
        expected = UserMetadata(
            self.config, credentials.authcid, password=sandbox_password(self._key, address)
        )
        if "@" not in address or not credentials.verify(expected):
            raise InvalidAuth
        return _Identity(address, self)

    async def authorize(self, authenticated: Identity, authzid: str) -> Identity:  # type: ignore[override]
        if not hmac.compare_digest(authzid.strip().lower(), authenticated.name):
            raise InvalidAuth
        return authenticated


def _arguments(host: str, port: int) -> Namespace:
    return Namespace(
        host=host, port=port, cert=None, key=None, tls=False, proxy_protocol=None, debug=False,
        inherited_sockets=None, demo_data=False, demo_user="", demo_password="",
        passlib_cfg=None,
    )  # fmt: skip


async def serve_imap(
    stack: AsyncExitStack, store: MailStore, key: str, host: str, port: int
) -> None:
    """Listen until the stack closes."""
    config = Config.from_args(
        _arguments(host, port),
        hash_context=Cleartext(),
        max_append_len=MAX_APPEND,
        reject_dnsbl=False,
    )
    config.apply_context()
    backend = DictBackend(_Login(config, store, key), config)
    await IMAPService(backend, config).start(stack)
