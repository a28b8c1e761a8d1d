"""Delivery reports (RFC 3464, RFC 3463) and complaints (RFC 5965), and their look-alikes.

Each recipient's block is read by itself: merging them would blame one lead for another's fate.
"""

import re
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from app.mailhub.charsets import decode_bytes
from app.mailhub.mime_headers import decode_header_text, message_ids, raw_values
from app.sync.parse import ParsedMail

_MAX_BLOCKS = 50
_ADDRESS = re.compile(r"[\w.+%=&'*/!#$^~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_ID_LINE = re.compile(r"[ \t>]{0,8}(?:message-id|references|in-reply-to|x-[a-z-]{1,40}id):", re.I)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon|bounces?)(?:[+@]|$)")
_FAILURE_SUBJECT = re.compile(
    r"undeliver|delivery (?:status notification|fail|has failed|incomplete)|mail delivery|"
    r"returned (?:mail|to sender)|failure notice|could ?n.?t be delivered|not delivered|"
    r"unzustellbar|nicht zugestellt|rückläufer|non remis|échec de la remise|no se puede entregar|"
    r"no se ha podido entregar|mancato recapito|impossibile recapitare|não entregue|"
    r"onbestelbaar|niet bezorgd|nie dostarczono|недоставлен|не доставлено|配信不能|投递失败|退信",
    re.I,
)
_BLOCK_WORDS = re.compile(
    r"spam|blocked|block ?list|black ?list|denylist|reputation|policy|banned|rejected due to|"
    r"spamhaus|dnsbl|rbl|dmarc|spf check|unsolicited|rate ?limit|quota for sending|too many",
    re.I,
)
_GONE_WORDS = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|address)|does(?: not|n.t) exist|"
    r"mailbox (?:unavailable|not found|disabled)|address (?:rejected|not found|unknown)|"
    r"recipient (?:rejected|unknown|not found)|invalid (?:recipient|mailbox|address)|"
    r"account (?:is )?(?:disabled|inactive|closed)|domain not found|host (?:or domain )?not found",
    re.I,
)


@dataclass(frozen=True)
class FailedRecipient:
    """What became of one recipient. `severity`: hard | soft | block."""

    recipient: str
    action: str
    status: str
    diagnostic: str
    severity: str


@dataclass(frozen=True)
class Report:
    """A delivery report. `delayed` when nothing has failed yet."""

    recipients: list[FailedRecipient] = field(default_factory=list)
    original_ids: list[str] = field(default_factory=list)
    is_delay: bool = False

    def facts(self) -> dict[str, Any]:
        """As stored with the message."""
        return {
            "recipients": [vars(one) for one in self.recipients],
            "original_ids": self.original_ids,
        }


def find_report(mail: ParsedMail) -> Report | None:
    """The delivery report a mail carries, structured or in prose; None when it is none."""
    blocks = _status_blocks(mail)
    if blocks:
        return _structured(mail, blocks)
    return _prose(mail)


def is_complaint(mail: ParsedMail) -> bool:
    """An abuse report sent by a provider because somebody pressed "spam"."""
    return any(kind == "message/feedback-report" for kind, _ in mail.reports)


def complaint_facts(mail: ParsedMail) -> dict[str, Any]:
    """Whom the complaint is about, and which mail."""
    people: list[str] = []
    for kind, data in mail.reports:
        if kind == "message/feedback-report":
            block = _headers(data)
            for name in ("original-rcpt-to", "removal-recipient"):
                people += [_bare(value) for value in raw_values(block, name)]
    return {"complainers": [p for p in people if p], "original_ids": _original_ids(mail)}


def _status_blocks(mail: ParsedMail) -> list[Message]:
    blocks: list[Message] = []
    for kind, data in mail.reports:
        if kind in {"message/delivery-status", "message/global-delivery-status"}:
            for piece in re.split(rb"\r?\n[ \t]*\r?\n", data.strip())[:_MAX_BLOCKS]:
                blocks.append(_headers(piece))
    return [b for b in blocks if raw_values(b, "action") or raw_values(b, "final-recipient")]


def _structured(mail: ParsedMail, blocks: list[Message]) -> Report:
    failed, delayed = [], False
    for block in blocks:
        action = _first(block, "action").lower().split(" ")[0]
        delayed = delayed or action == "delayed"
        status = _first(block, "status")[:20]
        if action == "failed" or (not action and status[:1] in "45"):
            failed.append(_recipient(block, action or "failed", status))
    return Report(failed, _original_ids(mail), is_delay=delayed and not failed)


def _recipient(block: Message, action: str, status: str) -> FailedRecipient:
    address = next(
        (
            found
            for name in ("original-recipient", "final-recipient")
            for found in [_bare(_first(block, name))]
            if found
        ),
        "",
    )
    diagnostic = decode_header_text(_first(block, "diagnostic-code"))[:500]
    match = _STATUS.search(status) or _STATUS.search(diagnostic)
    code = match[0] if match else ""
    return FailedRecipient(address, action, code, diagnostic, severity_of(code, diagnostic))


def severity_of(status: str, diagnostic: str) -> str:
    """hard: the address is dead. block: we are not wanted. soft: it may work later."""
    match = _STATUS.search(status)
    if match is None:
        return _severity_of_words(diagnostic)
    kind, subject, detail = match[1], int(match[2]), int(match[3])
    if kind == "4":
        return "soft"
    if subject == 7 or (subject == 0 and _BLOCK_WORDS.search(diagnostic)):
        return "hard" if _GONE_WORDS.search(diagnostic) else "block"
    if subject == 1 and detail in {0, 1, 2, 3, 6, 10}:
        return "hard"
    if subject == 2:
        return "hard" if detail == 1 else "soft"
    if subject == 4:  # routing: 5.4.1 is Exchange Online's "no such recipient"
        return "hard" if detail in {1, 4} else "soft"
    return _severity_of_words(diagnostic)


def _severity_of_words(diagnostic: str) -> str:
    if _GONE_WORDS.search(diagnostic):
        return "hard"
    if _BLOCK_WORDS.search(diagnostic):
        return "block"
    return "hard" if re.search(r"\b55\d\b", diagnostic) else "soft"


def _prose(mail: ParsedMail) -> Report | None:
    """Reports without a machine-readable part: qmail, Exim, old gateways."""
    from_daemon = bool(_DAEMON.match(mail.from_.email))
    failure = bool(_FAILURE_SUBJECT.search(mail.subject))
    named = [_bare(value) for value in mail.headers.get("x-failed-recipients", [])]
    null_path = any(v.strip() == "<>" for v in mail.headers.get("return-path", []))
    if not (named or (failure and (from_daemon or null_path))):
        return None
    text = mail.text[:20_000]
    people = [p for p in named if p] or _people_in(text, mail)
    status = _STATUS.search(text)
    line = next((row for row in text.split("\n") if _is_diagnosis(row)), "")
    code = status[0] if status else ""
    if re.search(
        r"delayed|will (?:continue to )?(?:be )?retr|still trying", text[:3_000], re.I
    ) and (not status or status[1] == "4"):
        return Report([], _original_ids(mail), is_delay=True)
    severity = severity_of(code, line or text[:3_000])
    failed = [FailedRecipient(p, "failed", code, line.strip()[:500], severity) for p in people[:5]]
    return Report(failed, _original_ids(mail))


def _is_diagnosis(line: str) -> bool:
    return bool(re.search(r"\b[45]\d\d[ -]|" + _STATUS.pattern, line[:1_000]))


def _people_in(text: str, mail: ParsedMail) -> list[str]:
    ours = {one.email for one in mail.to} | {mail.from_.email}
    lines = [row for row in text[:4_000].split("\n") if not _ID_LINE.match(row)]
    seen = [found.strip(".").lower() for found in _ADDRESS.findall("\n".join(lines))]
    return [one for one in dict.fromkeys(seen) if one not in ours and not _DAEMON.match(one)]


def _original_ids(mail: ParsedMail) -> list[str]:
    found: list[str] = []
    for kind, data in mail.reports:
        if kind in {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers"}:
            found += message_ids(_headers(data), "message-id")
    if not found:
        pattern = r"^[ \t>]{0,8}Message-ID:\s{0,4}<([^<>\s]{3,400})>"
        found += re.findall(pattern, mail.text[:60_000], re.I | re.M)
    return list(dict.fromkeys([*found, *mail.related_ids]))[:20]


def _headers(data: bytes) -> Message:
    return BytesHeaderParser().parsebytes(data.lstrip(b"\r\n"))


def _first(block: Message, name: str) -> str:
    values = raw_values(block, name)
    return values[0].strip() if values else ""


def _bare(value: str) -> str:
    """The address in "rfc822; <a@b.c>"."""
    text = decode_bytes(value.encode("utf-8", "surrogateescape"))
    found = _ADDRESS.search(text[:1_000])
    return found[0].lower() if found else ""
