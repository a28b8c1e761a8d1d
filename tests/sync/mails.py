"""Raw mails for the tests of sync, built by hand so that every byte is known."""

from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count

_numbers = count(1)


def raw_mail(
    *,
    sender: str = "Lea Lead <lea@example.test>",
    to: str = "Sam Sender <sam@sandbox.test>",
    subject: str = "Re: Hello",
    text: str = "Sounds good, call me on Tuesday.",
    message_id: str | None = None,
    in_reply_to: str = "",
    references: str = "",
    at: datetime | None = None,
    extra: str = "",
) -> bytes:
    """A plain text mail."""
    lines = [
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        f"Message-ID: <{message_id or f'm{next(_numbers)}@example.test'}>",
        f"Date: {format_datetime(at or datetime.now(UTC))}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
    ]
    lines += [f"In-Reply-To: <{in_reply_to}>"] if in_reply_to else []
    lines += [f"References: {references}"] if references else []
    lines += [extra] if extra else []
    return ("\r\n".join(lines) + "\r\n\r\n" + text.replace("\n", "\r\n") + "\r\n").encode()
