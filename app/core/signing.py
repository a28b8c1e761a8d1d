"""Short signed tokens that carry ids: for pixels, links, unsubscribe pages and Message-IDs.

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


def _mac(purpose: str, payload: bytes) -> bytes:
    return hmac.digest(_key(settings.secret_key, purpose), payload, "sha256")[:MAC_BYTES]


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
    return urlsafe_b64encode(payload + _mac(purpose, payload)).rstrip(b"=").decode()


def read_ids(purpose: str, token: str) -> tuple[int, ...] | None:
    """The ids of a token made by `sign_ids` for this purpose; None when it is not one."""
    if not token.isascii() or len(token) > 200:
        return None
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (Base64Error, ValueError):
        return None
    payload, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if not payload or not hmac.compare_digest(mac, _mac(purpose, payload)):
        return None
    # base64 tolerates spare bits and foreign characters; only the canonical form is ours.
    return _unpack(payload) if sign_ids_bytes(payload, mac) == token else None


def sign_ids_bytes(payload: bytes, mac: bytes) -> str:
    """The canonical text of payload and MAC."""
    return urlsafe_b64encode(payload + mac).rstrip(b"=").decode()


def hash_token(token: str) -> str:
    """SHA-256 of a random token, for storage. Random tokens need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
