"""Mail of the installation itself: verify, invite, reset. Its own table, the same care.

Claimed by a conditional UPDATE and committed before any byte leaves, recorded under its fence. It
leaves through the operator's server (`SYSTEM_SMTP_URL`); in development without one, the text is
logged so that its link can be followed.
"""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import structlog

from app.core.clock import utcnow
from app.core.db import db
from app.core.settings import settings
from app.core.transactions import unit_of_work
from app.providers.mail.base import Envelope as WireEnvelope
from app.providers.mail.base import Security, Server, Timeouts
from app.providers.mail.errors import MailError
from app.providers.mail.smtp import SmtpSender
from app.providers.network import Network
from app.sending.policies import Next, after_error
from app.sending.render import Composed, Envelope
from app.sending.render.compose import compose_finished
from app.sending.statements import Row

log = structlog.get_logger(__name__)
LEASE_SECONDS = 120
TRIES = 8
NO_SERVER_WAIT = 300.0
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}

# sql: the same claim as for the outbox; the table belongs to the installation, not to a workspace.
CLAIM = """
UPDATE system_mail
   SET state = 'sending', fence = fence + 1, attempts = attempts + 1, updated_at = %(now)s,
       lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE id = (SELECT id FROM system_mail WHERE state = 'queued' AND send_at <= %(now)s
              ORDER BY send_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING *
"""
# sql: written only while the row is ours.
RECORD = """
UPDATE system_mail
   SET state = %(state)s, sent_at = %(sent_at)s::timestamptz, error_text = %(text)s,
       send_at = COALESCE(%(send_at)s::timestamptz, send_at), lease_until = NULL,
       updated_at = %(now)s
 WHERE id = %(id)s AND fence = %(fence)s AND state = 'sending'
"""
# sql: whether a mail whose worker vanished was sent, nobody can say: the person may ask again.
EXPIRE = """
UPDATE system_mail SET state = 'held', fence = fence + 1, lease_until = NULL,
       error_text = 'The connection broke while this mail was being sent.'
 WHERE state = 'sending' AND lease_until < clock_timestamp()
"""


def send_system_mails() -> int:
    """Send what waits. How many left. Safe to be killed and to run twice at once."""
    _execute(EXPIRE)
    sender = _sender()
    sent = 0
    try:
        while (row := _claim()) is not None:
            outcome = _deliver(row, sender)
            _execute(RECORD, id=row["id"], fence=row["fence"], **outcome)
            sent += outcome["state"] == "sent"
    finally:
        if sender is not None:
            sender.quit()
    return sent


def _claim() -> Row | None:
    with unit_of_work():
        values = {"now": utcnow(), "lease": LEASE_SECONDS}
        # sql: system mail belongs to the installation, not to a workspace
        return db.session.connection().exec_driver_sql(CLAIM, values).mappings().first()


def _execute(statement: str, **values: Any) -> None:
    with unit_of_work():
        # sql: system mail belongs to the installation, not to a workspace
        db.session.connection().exec_driver_sql(statement, values)


def _deliver(row: Row, sender: SmtpSender | None) -> dict[str, Any]:
    if sender is None and settings.is_production:  # a log is no place for links that open accounts
        return _outcome("queued", text="SYSTEM_SMTP_URL is not set.", wait=NO_SERVER_WAIT)
    if sender is None:
        log.warning("system_mail_logged", purpose=row["purpose"], text=row["body_text"])
        return _outcome("sent")
    try:
        composed, envelope = _build(row)
        sender.send(
            WireEnvelope(envelope.from_email, envelope.recipients, composed.raw), lambda: True
        )
    except (MailError, ValueError) as error:
        return _after(error, row["attempts"])
    return _outcome("sent")


def _after(error: Exception, attempts: int) -> dict[str, Any]:
    """Refusals and troubles of the operator's server: again, up to a limit, else held."""
    log.warning("system_mail_not_sent", error=str(error)[:200])
    decision = after_error(error, attempts)
    again = decision.row is Next.AGAIN and attempts < TRIES
    wait = decision.wait or 60.0
    return _outcome("queued" if again else "held", text=str(error)[:500], wait=wait)


def _outcome(state: str, *, text: str = "", wait: float = 0.0) -> dict[str, Any]:
    now = utcnow()
    return {
        "state": state,
        "now": now,
        "text": text,
        "sent_at": now if state == "sent" else None,
        "send_at": now + timedelta(seconds=wait) if state == "queued" else None,
    }


def _build(row: Row) -> tuple[Composed, Envelope]:
    name, address = parseaddr(settings.system_from)
    envelope = Envelope(
        outbox_id=0,
        message_id=row["message_id"],
        from_email=address,
        from_name=name,
        to_email=row["to_email"],
        at=utcnow(),
        extra_headers=(("Auto-Submitted", "auto-generated"),),
    )
    return (
        compose_finished(envelope, row["subject"], row["body_html"], row["body_text"]),
        envelope,
    )


def _sender() -> SmtpSender | None:
    """The operator's own server: named in the configuration, so it may stand anywhere."""
    if not settings.system_smtp_url:
        return None
    url = urlsplit(settings.system_smtp_url)
    network = Network(resolve=lambda host, _: host, plaintext_allowed=lambda _host, _port: True)
    name = parseaddr(settings.system_from)[1].rpartition("@")[2]
    return SmtpSender(server_of(url), network, Timeouts(), name)


def server_of(url: SplitResult) -> Server:
    """`smtp://user:password@host:port`; `smtp+starttls` and `smtps` ask for encryption."""
    port = url.port or PORTS.get(url.scheme, 25)
    security: Security = "none"
    if url.scheme == "smtps" or port == PORTS["smtps"]:
        security = "ssl"
    elif url.scheme == "smtp+starttls" or port == PORTS["smtp+starttls"]:
        security = "starttls"
    return Server(
        host=url.hostname or "127.0.0.1",
        port=port,
        security=security,
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
    )
