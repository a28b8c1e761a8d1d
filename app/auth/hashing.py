"""Opaque tokens and password hashes. A token leaves this process once; only its hash stays
(`core.signing.hash_token`)."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_hasher = PasswordHasher()

# The hash of a password nobody knows, made with the settings above: checking an unknown address
# against it takes the same time as checking a known one.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$31dXn0jjf7k0ffAlM3HEcQ$XOvZxAk8uW5xcjhxmX5sc+lKezVs6irYNia9SRqTAxs"


def new_token() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def hash_password(password: str) -> str:
    """An argon2id hash with a salt of its own."""
    return _hasher.hash(password)


def check_password(password: str, password_hash: str) -> bool:
    """Whether the password belongs to the hash. A broken hash matches nothing."""
    try:
        return _hasher.verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with older settings and should be made again."""
    return _hasher.check_needs_rehash(password_hash)
