"""The older conversations of the demo as finished mails. Pure: the moment is an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from html import escape

from app.sandbox.demo_copy import HISTORY, Past
from app.sandbox.persons import Person, person
from app.sandbox.world.letters import Writer, away_letter, dsn_letter, reply_letter
from app.sandbox.world.reading import read_mail


@dataclass(frozen=True)
class Filing:
    """A mail to be put into a folder of one of our accounts."""

    account: str
    folder: str
    raw: bytes
    at: datetime
    is_read: bool


def past_filings(senders: list[tuple[str, str]], now: datetime) -> list[Filing]:
    """Every mail of the older conversations, oldest first; `senders` are (name, address)."""
    filings = [
        filing
        for number, past in enumerate(HISTORY)
        for filing in _conversation(past, senders[number % len(senders)], now)
    ]
    return sorted(filings, key=lambda filing: filing.at)


def _conversation(past: Past, sender: tuple[str, str], now: datetime) -> list[Filing]:
    them, at = person(past.person), now - timedelta(hours=past.hours_ago)
    text = past.text.format(first=them.first_name, company=them.company) + f"\n{sender[0]}"
    first = _our_letter(sender, them, past.subject.format(company=them.company), text, at)
    answered_at = at + timedelta(minutes=1 if isinstance(past.answer, str) else 47)
    answer = _their_letter(past, them, first.as_bytes(), answered_at)
    found = [
        Filing(sender[1], "Sent", first.as_bytes(), at, is_read=True),
        Filing(sender[1], "INBOX", answer.as_bytes(), answered_at, is_read=past.is_read),
    ]
    if past.ours:
        again_at = answered_at + timedelta(minutes=38)
        again = _our_letter(
            sender, them, f"Re: {first['Subject']}", f"{past.ours}\n{sender[0]}", again_at, answer
        )
        found.append(Filing(sender[1], "Sent", again.as_bytes(), again_at, is_read=True))
    return found


def _our_letter(
    sender: tuple[str, str],
    them: Person,
    subject: str,
    text: str,
    at: datetime,
    answers: EmailMessage | None = None,
) -> EmailMessage:
    name, address = sender
    letter = EmailMessage(policy=SMTP)
    letter["From"] = Address(name, addr_spec=address)
    letter["To"] = Address(f"{them.first_name} {them.last_name}", addr_spec=them.email)
    letter["Subject"] = subject
    letter["Date"] = format_datetime(at)
    seed = f"{address}|{them.email}|{subject}|{at.timestamp()}"
    letter["Message-ID"] = f"<{sha256(seed.encode()).hexdigest()[:32]}@{address.partition('@')[2]}>"
    if answers is not None:
        letter["In-Reply-To"] = answers["Message-ID"]
        letter["References"] = f"{answers['References']} {answers['Message-ID']}"
    letter.set_content(text + "\n", cte="quoted-printable")
    page = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n") if part)
    letter.add_alternative(page, subtype="html", cte="quoted-printable")
    return letter


def _their_letter(past: Past, them: Person, raw: bytes, at: datetime) -> EmailMessage:
    if past.answer == "bounce":
        return dsn_letter(them.email, raw, at)
    mail = read_mail(raw)
    writer = Writer(them.email, f"{them.first_name} {them.last_name}")
    if isinstance(past.answer, int):
        return reply_letter(writer, mail, past.answer, at)
    return away_letter(writer, mail, 0, at)
