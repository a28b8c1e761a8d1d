"""Email accounts of the current workspace."""

from itertools import count
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet

from app.core.clock import utcnow
from app.core.db import db
from app.core.tenancy import unscoped
from app.models import EmailAccount

_numbers = count(1)


def make_account(email: str | None = None, **over: Any) -> EmailAccount:
    """A connected account on loopback ports where nothing listens, without ramp or gap."""
    email = email or f"sender{next(_numbers)}@sandbox.test"
    values: dict[str, Any] = {
        "email": email,
        "from_name": "Sam Sender",
        "imap_host": "127.0.0.1",
        "imap_port": 1,
        "imap_security": "none",
        "smtp_host": "127.0.0.1",
        "smtp_port": 1,
        "smtp_security": "none",
        "credentials": {
            "imap_username": email,
            "imap_password": "secret",
            "smtp_username": email,
            "smtp_password": "secret",
        },
        "status": "connected",
        "connected_at": utcnow(),
        "daily_limit": 1000,
        "ramp_enabled": False,
        "gap_seconds": 0,
        "gap_jitter_seconds": 0,
    }
    account = EmailAccount(**{**values, **over})
    db.session.add(account)
    db.session.flush()
    return account


def spoil(account_id: int) -> None:
    """Encrypt the account's password with a key nobody has, as if its key had been lost."""
    lost = Fernet(Fernet.generate_key()).encrypt(b'{"place": "email_account.credentials"}').decode()
    with unscoped("a fault is made from outside"):
        statement = sa.update(EmailAccount).where(EmailAccount.id == account_id)
        db.session.execute(statement.values(credentials=sa.literal(lost, sa.Text)))
    db.session.commit()
    db.session.expire_all()
