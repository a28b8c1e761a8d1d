"""Secrets at rest: Fernet keys in rotation, bound to the place they are stored in."""

import json
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy.engine import Dialect

from app.core.settings import settings


class WrongSecret(RuntimeError):
    """A stored secret cannot be read: no key fits, or it was moved from another place."""


def is_key(text: str) -> bool:
    """Whether the text is a key: 32 bytes in base64url."""
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


def _vault() -> MultiFernet:
    if not settings.encryption_keys:
        raise WrongSecret("ENCRYPTION_KEYS is not set")
    return MultiFernet([Fernet(key) for key in settings.encryption_keys])


def encrypt_json(value: Any, place: str) -> str:
    """Encrypt a JSON value for one place (`table.column`) with the newest key."""
    return _vault().encrypt(json.dumps({"place": place, "value": value}).encode()).decode()


def decrypt_json(token: str, place: str) -> Any:
    """Read back what `encrypt_json` wrote for the same place. Errors: WrongSecret."""
    try:
        data = json.loads(_vault().decrypt(token.encode()))
    except InvalidToken as error:
        raise WrongSecret("no key fits") from error
    if data.get("place") != place:
        raise WrongSecret("the secret belongs elsewhere")
    return data["value"]


def rotate(token: str) -> str:
    """The same secret under the newest key. Errors: WrongSecret."""
    try:
        return _vault().rotate(token.encode()).decode()
    except InvalidToken as error:
        raise WrongSecret("no key fits") from error


class EncryptedJSON(sa.types.TypeDecorator[Any]):
    """A text column that holds an encrypted JSON value."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__()

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Encrypt on the way in."""
        return None if value is None else encrypt_json(value, self.place)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decrypt on the way out."""
        return None if value is None else decrypt_json(value, self.place)
