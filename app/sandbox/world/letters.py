"""Builds the mails that simulated people and servers send. Pure: the moment is an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from random import Random

from app.sandbox.world.answers import ABSENCES, ANSWERS, THANKS, written_day
from app.sandbox.world.reading import Mail, read_mail


@dataclass(frozen=True)
class Writer:
    """The person who answers."""

    address: str
    name: str

    @property
    def domain(self) -> str:
        return self.address.partition("@")[2]

    @property
    def company(self) -> str:
        return self.domain.removesuffix(".sandbox.test").rpartition(".")[2].title() or "us"


def writer_for(address: str, mail: Mail) -> Writer:
    """Who answers at this address, named as the mail names them or after the address."""
    local = address.partition("@")[0].partition("+")[0]
    guessed = " ".join(word.capitalize() for word in local.replace("_", ".").split(".") if word)
    return Writer(address, mail.names.get(address) or guessed)


def reply_letter(writer: Writer, mail: Mail, ordinal: int, now: datetime) -> EmailMessage:
    """An answer by a person, with the history quoted as their mail program does it."""
    answer = ANSWERS[ordinal % len(ANSWERS)]
    return _personal(writer, mail, answer.text, ordinal, now)


def thanks_letter(writer: Writer, mail: Mail, ordinal: int, now: datetime) -> EmailMessage:
    """The short last word in a conversation."""
    return _personal(writer, mail, THANKS[ordinal % len(THANKS)], ordinal, now)


def _personal(
    writer: Writer, mail: Mail, template: str, ordinal: int, now: datetime
) -> EmailMessage:
    first = mail.from_name.split()[0] if mail.from_name else "there"
    text = f"{template.format(first=first, company=writer.company)}\n\n{writer.name}"
    outlook = bool(ordinal % 2)
    letter = _answer_to(writer, mail, f"Re: {_bare(mail.subject)}", now)
    if outlook:
        letter["X-Mailer"] = "Microsoft Outlook 16.0"
    plain, page = (_as_outlook if outlook else _as_gmail)(text, mail)
    letter.set_content(plain, cte="quoted-printable")
    letter.add_alternative(page, subtype="html", cte="quoted-printable")
    return letter


def _answer_to(writer: Writer, mail: Mail, subject: str, now: datetime) -> EmailMessage:
    """The headers every answer has."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = Address(writer.name, addr_spec=writer.address)
    letter["To"] = Address(mail.from_name, addr_spec=mail.answer_to)
    letter["Subject"] = subject
    letter["Date"] = format_datetime(now)
    seed = f"{writer.address}|{mail.message_id}|{subject}|{now.timestamp()}"
    letter["Message-ID"] = f"<{sha256(seed.encode()).hexdigest()[:32]}@{writer.domain}>"
    if mail.message_id:
        letter["In-Reply-To"] = mail.message_id
        chain = [*mail.references, mail.message_id]
        letter["References"] = " ".join(dict.fromkeys(chain))
    return letter


def _bare(subject: str) -> str:
    while subject.lower().startswith("re:"):
        subject = subject[3:].lstrip()
    return subject


def _paragraphs(text: str, tag: str) -> str:
    opening, _, closing = tag.partition("|")
    return "".join(
        f"{opening}{escape(line) or '<br>'}{closing}" for line in text.split("\n")
    )  # fmt: skip


def _history_html(mail: Mail) -> str:
    return mail.html or _paragraphs(mail.text, "<div>|</div>")


def _as_gmail(text: str, mail: Mail) -> tuple[str, str]:
    who = f"{mail.from_name} <{mail.from_address}>".strip()
    lead = f"On {mail.date}, {who} wrote:"
    quoted = "\n".join(f"> {line}".rstrip() for line in mail.text.strip().split("\n"))
    page = (
        f'<div dir="ltr">{_paragraphs(text, "<div>|</div>")}</div><br>'
        f'<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f"{escape(lead)}<br></div>"
        f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid '
        f'#ccc;padding-left:1ex">{_history_html(mail)}</blockquote></div>'
    )
    return f"{text}\n\n{lead}\n\n{quoted}\n", page


def _as_outlook(text: str, mail: Mail) -> tuple[str, str]:
    to = ", ".join(f"{name} <{address}>".strip() for address, name in mail.names.items())
    head = [
        ("From", f"{mail.from_name} <{mail.from_address}>".strip()),
        ("Sent", mail.date),
        ("To", to),
        ("Subject", mail.subject),
    ]
    plain_head = "\n".join(f"{name}: {value}" for name, value in head)
    rows = "<br>".join(f"<b>{name}:</b> {escape(value)}" for name, value in head)
    page = (
        f'<div class="WordSection1">{_paragraphs(text, "<p class=MsoNormal>|</p>")}'
        f'<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0 0 0">'
        f'<p class="MsoNormal">{rows}</p></div></div>{_history_html(mail)}</div>'
    )
    history = f"{plain_head}\n\n{mail.text.strip()}"
    return f"{text}\n\n________________________________\n{history}\n", page


def away_letter(writer: Writer, mail: Mail, ordinal: int, now: datetime) -> EmailMessage:
    """An out-of-office note with the day of return (RFC 3834)."""
    absence = ABSENCES[ordinal % len(ABSENCES)]
    back = now.date() + timedelta(days=Random(writer.address).randint(3, 14))  # noqa: S311
    subject = absence.subject.format(subject=_bare(mail.subject))
    letter = _answer_to(writer, mail, subject, now)
    letter["Auto-Submitted"] = "auto-replied"
    letter["X-Auto-Response-Suppress"] = "All"
    body = absence.text.format(until=written_day(absence, back), name=writer.name)
    letter.set_content(body + "\n", cte="quoted-printable")
    return letter


def dsn_letter(address: str, raw: bytes, now: datetime) -> EmailMessage:
    """A delivery report: the address does not exist (RFC 3464)."""
    mail = read_mail(raw)
    host = "mx." + address.partition("@")[2]
    report = EmailMessage(policy=SMTP)
    report["From"] = Address("Mail Delivery Subsystem", addr_spec=f"mailer-daemon@{host[3:]}")
    report["To"] = Address(addr_spec=mail.from_address)
    report["Subject"] = "Delivery Status Notification (Failure)"
    report["Date"] = format_datetime(now)
    seed = f"{address}|{mail.message_id}|dsn"
    report["Message-ID"] = f"<{sha256(seed.encode()).hexdigest()[:32]}@{host[3:]}>"
    report["Auto-Submitted"] = "auto-replied"
    report["In-Reply-To"] = report["References"] = mail.message_id
    _add_report_parts(report, address, host, raw, now)
    return report


def _add_report_parts(
    report: EmailMessage, address: str, host: str, raw: bytes, now: datetime
) -> None:
    words = f"Your message could not be delivered to {address}: there is no such mailbox."
    report.set_content(words + "\n")
    report.make_mixed()
    status = EmailMessage()
    status.add_header("Content-Type", "message/delivery-status")
    status.set_payload([_fields(
        {"Reporting-MTA": f"dns; {host}", "Arrival-Date": format_datetime(now)}
    ), _fields({
        "Final-Recipient": f"rfc822; {address}",
        "Action": "failed",
        "Status": "5.1.1",
        "Remote-MTA": f"dns; {host}",
        "Diagnostic-Code": f"smtp; 550 5.1.1 <{address}>: user unknown",
    })])  # fmt: skip
    report.attach(status)
    returned = EmailMessage()
    returned.add_header("Content-Type", "text/rfc822-headers")
    returned.set_payload(raw.partition(b"\r\n\r\n")[0].decode("ascii", "replace") + "\r\n")
    report.attach(returned)
    report.replace_header(
        "Content-Type",
        str(report["Content-Type"])
        .replace("multipart/mixed", "multipart/report; report-type=delivery-status", 1),
    )  # fmt: skip


def _fields(values: dict[str, str]) -> Message:
    block = Message()
    for name, value in values.items():
        block[name] = value
    return block
