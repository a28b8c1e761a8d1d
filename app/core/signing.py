"""Short signed tokens that carry ids: for pixels, links, unsubscribe pages and Message-IDs.

The newest secret signs; SECRET_KEY_FALLBACKS still read, so that links in mails already sent work.

Layout: varints of the ids, then 12 bytes of HMAC-SHA256 over purpose and ids, base64url.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from functools import lru_cache

from app.core.settings import settings

MAC_BYTES = 12


@lru_cache(maxsize=64)
def _key(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), f"parakeet.signing.{purpose}".encode(), hashlib.sha256)


def _mac(secret: str, purpose: str, payload: bytes) -> bytes:
    return hmac.digest(_key(secret, purpose), payload, "sha256")[:MAC_BYTES]


def _pack(numbers: tuple[int, ...]) -> bytes:
    out = bytearray()
    for number in numbers:
        left = number
        while left > 0x7F:
            out.append(left & 0x7F | 0x80)
            left >>= 7
        out.append(left)
    return bytes(out)


def _unpack(payload: bytes) -> tuple[int, ...]:
    numbers, number, shift = [], 0, 0
    for byte in payload:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number)
            number, shift = 0, 0
    return tuple(numbers)


def sign_ids(purpose: str, *ids: int) -> str:
    """A url-safe token for non-negative ids, valid for one purpose only."""
    payload = _pack(ids)
    return _text(payload + _mac(settings.secret_key, purpose, payload))


def read_ids(purpose: str, token: str) -> tuple[int, ...] | None:
    """The ids of a token made by `sign_ids` for this purpose; None when it is not one."""
    if not token.isascii() or len(token) > 200:
        return None
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (Base64Error, ValueError):
        return None
    payload, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    # base64 tolerates spare bits; only the canonical text is ours.
    if not payload or _text(raw) != token:
        return None
    secrets = (settings.secret_key, *settings.secret_key_fallbacks)
    if not any(hmac.compare_digest(mac, _mac(secret, purpose, payload)) for secret in secrets):
        return None
    return _unpack(payload)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def hash_token(token: str) -> str:
    """SHA-256 of a random token, for storage. Random tokens need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
