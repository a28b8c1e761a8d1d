"""The password of every address of the sandbox mail world; depends on nothing.

The world checks it and the app's sandbox room hands it to new accounts, so both sides
import this module and neither imports the other.
"""

import base64
import hashlib
import hmac

SYSTEM_ADDRESS = "system@sandbox.test"


def sandbox_password(key: str, address: str) -> str:
    """The one password of `address`: 26 lower-case letters and digits, for ever the same."""
    digest = hmac.new(key.encode(), address.strip().lower().encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()
