"""Mail made to jam a mailbox: one mail that cannot be stored would stop all that come after it."""

import random
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from app.core.clock import utcnow
from app.core.db import db
from app.mailhub.services import store_messages
from app.models import Folder
from app.providers.mail.base import FetchedMail
from app.sync.services.reading import read_mail, to_store
from app.sync.services.scopes import Scope
from tests.factories import make_account

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
WIDE = "".join(chr(code) for code in random.Random(7).choices(range(0x4E00, 0x9FA5), k=980))


def stored(raw: bytes):
    account = make_account()
    folder = Folder(account_id=account.id, remote_name="INBOX", name="INBOX", role="inbox")
    db.session.add(folder)
    db.session.flush()
    scope = Scope(folder.id, account.id, account.email, utcnow(), "INBOX", "inbox", 1, 1, None, {})
    fetched = FetchedMail(uid=1, raw=raw, flags=frozenset(), internal_date=AT, size=len(raw))
    read = read_mail(scope, fetched, None)
    return store_messages(account.id, [to_store(scope, read, read.verdict, None, 1)])


def mail(headers: str, body: str = "Hello") -> bytes:
    return f"From: a@b.test\r\nTo: c@d.test\r\n{headers}\r\n{body}".encode(
        "utf-8", "surrogateescape"
    )


@pytest.mark.parametrize(
    "raw",
    [
        mail(f"Message-ID: <{WIDE}@x.test>\r\n"),
        mail(f"References: <{WIDE}@x.test>\r\nIn-Reply-To: <{WIDE}@x.test>\r\n"),
        mail("Content-Type: image/p\0ng\r\n"),
        mail("Content-Type: application/\0\r\n"),
        mail("Content-Type: image/png\r\nContent-ID: <a\0b>\r\n"),
        mail("Content-Type: image/png; name=\"a\0\udc80.png\"\r\n"),
        mail("Content-Type: text/calendar; method=\"\0\udc80\"\r\n"),
        mail("Subject: " + "\0\udc80" * 50 + "\r\nMessage-ID: <a\0\udc80@b>\r\n"),
        mail("Auto-Submitted: \0auto\udcff\r\n"),
        mail("Content-Type: multipart/report; boundary=b\r\n",
             "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
             "Final-Recipient: rfc822; \0a\udc80@b.test\r\nAction: failed\r\nStatus: 5.1.1\0\r\n"
             "Diagnostic-Code: smtp; \0\udc80\r\n\r\n--b--\r\n"),
    ],
)  # fmt: skip
def test_a_hostile_mail_is_stored_like_any_other(in_acme, raw):
    [message] = stored(raw)
    assert message.is_new


@pytest.mark.parametrize(
    "raw",
    [
        "b'Content-Type: text/plain; format=flowed\\r\\n\\r\\n' + b'a \\r\\n' * 2_000_000",
        "b'X: 1\\r\\n\\r\\n' + b''.join(b' boundary=%d\\r\\n' % i for i in range(499)) + b'x' * 40_000_000",
    ],
)  # fmt: skip
def test_a_mail_made_to_be_slow_is_read_in_time(raw):
    """Quadratic, this takes minutes. Time of the processor counts, not that of a busy machine."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (45, 45));"
        "from datetime import UTC, datetime; from app.sync.parse import parse_mail;"
        f"parse_mail({raw}, received_at=datetime(2026, 11, 23, tzinfo=UTC))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
