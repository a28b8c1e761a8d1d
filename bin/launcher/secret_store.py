"""Secrets of this installation, made once and kept in one private file."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path

from launcher.messages import Trouble
from launcher.paths import private_dir, write_private

WORDS = "amber birch cedar delta ember fjord grove heron ivory juniper kestrel lagoon maple north"


def load_secrets(home: Path) -> dict[str, str]:
    """All secrets by name. Missing ones are made and stored; present ones never change:
    losing ENCRYPTION_KEYS would lose every stored mailbox password."""
    path = home / "secrets.json"
    known = read_secrets(path)
    complete = fresh_secrets() | known
    if complete != known:
        write_private(private_dir(home) / path.name, json.dumps(complete, indent=2) + "\n")
    return complete


def read_secrets(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Trouble(
            f"{path} is damaged. It holds the keys of what is stored: put back a copy of it,\n"
            f"or remove the whole folder {path.parent} to begin anew."
        )
    return found


def fresh_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "SANDBOX_KEY": secrets.token_urlsafe(32),
        "DEMO_PASSWORD": readable_password(),
        "POSTGRES_PASSWORD": secrets.token_hex(24),
        "REDIS_PASSWORD": secrets.token_hex(24),
    }


def readable_password() -> str:
    """Long enough for the sign-in page, short enough to type from the terminal."""
    chosen = [secrets.choice(WORDS.split()) for _ in range(3)]
    return "-".join([*chosen, str(1000 + secrets.randbelow(9000))])
