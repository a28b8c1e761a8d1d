"""`classify`: one parsed mail to one of the kinds the rest of the application acts on.

human | out_of_office | auto | bounce | complaint | list | invite. When in doubt a mail is human:
stopping a sequence too early costs less than writing on to somebody who has answered.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.sync.classify import phrases
from app.sync.classify.bounces import complaint_facts, find_report, is_complaint
from app.sync.classify.return_date import return_date
from app.sync.parse import ParsedMail

_NOBODY = re.compile(r"^(?:no-?reply|do-?not-?reply|donotreply|nobody|mailer-daemon|postmaster)\b")
_REPLY_PREFIX = re.compile(
    r"^\s*(?:re|aw|sv|antw|odp|vs|ynt|res|rif|回复|답장)\s*(?:\[\d+\])?[:：]", re.I
)
_READ_RECEIPT = "message/disposition-notification"


@dataclass(frozen=True)
class Verdict:
    """The kind, why, and what else was learnt (bounce details, day of return)."""

    kind: str
    reason: str
    return_on: date | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def classify(mail: ParsedMail, *, answers_us: bool = False) -> Verdict:
    """Decide what kind of mail this is. `answers_us`: its references name a mail of ours."""
    for look in (_complaint, _bounce, _invite, _machine):
        verdict = look(mail)
        if verdict is not None:
            return verdict
    if not answers_us and _is_list(mail):
        return Verdict("list", "list headers")
    return Verdict("human", "nothing automatic about it")


def _complaint(mail: ParsedMail) -> Verdict | None:
    if not is_complaint(mail):
        return None
    return Verdict("complaint", "feedback report", facts=complaint_facts(mail))


def _bounce(mail: ParsedMail) -> Verdict | None:
    report = find_report(mail)
    if report is None:
        return None
    if report.is_delay or not (report.recipients or report.original_ids):
        return Verdict("auto", "delivery delayed or reported", facts=report.facts())
    if not report.recipients and mail.reports:
        return Verdict("auto", "delivered, relayed or expanded", facts=report.facts())
    return Verdict("bounce", "delivery report", facts=report.facts())


def _invite(mail: ParsedMail) -> Verdict | None:
    if mail.calendar_method in {"REQUEST", "CANCEL", "REPLY", "COUNTER"}:
        return Verdict("invite", "calendar", facts={"method": mail.calendar_method})
    return None


def _machine(mail: ParsedMail) -> Verdict | None:
    reason = _certain_sign(mail) or _likely_sign(mail)
    if reason is None:
        return None
    text = mail.reply or mail.text
    if phrases.LEFT_COMPANY.search(text[:4_000]):
        return Verdict("auto", reason, facts={"left_company": True})
    if phrases.OOO_SUBJECT.search(mail.subject) or _is_away_note(text, reason):
        back = return_date(f"{mail.subject}. {text}", today=mail.sent_at.date())
        facts = {"return_on": back.isoformat()} if back else {}
        return Verdict("out_of_office", reason, back, facts)
    return Verdict("auto", reason)


def _is_away_note(text: str, reason: str) -> bool:
    # A ticket system's "we will be back to you" is generated, not an answer to our mail.
    return reason != "auto-generated" and bool(phrases.OOO_TEXT.search(text[:4_000]))


def _certain_sign(mail: ParsedMail) -> str | None:
    """What RFC 3834 and its forerunners make certain."""
    # The first word: parameters and comments may follow.
    submitted = re.split(r"[;(\s]", _value(mail, "auto-submitted").strip().lower())[0]
    if submitted and submitted != "no":
        return submitted[:40]
    if any(kind == _READ_RECEIPT for kind, _ in mail.reports):
        return "read receipt"
    if "auto_reply" in _value(mail, "precedence").lower():
        return "precedence auto_reply"
    for name in ("x-autoreply", "x-autorespond", "x-autoresponder"):
        if name in mail.headers and _value(mail, name).strip().lower() not in {"no", "false", "0"}:
            return name
    if _value(mail, "return-path").strip() == "<>":
        return "null return path"
    return None


def _likely_sign(mail: ParsedMail) -> str | None:
    """Weaker signs. A "Re:" before the words means a person quotes a machine's subject."""
    if phrases.AUTO_SUBJECT.search(mail.subject) and not _REPLY_PREFIX.match(mail.subject):
        return "subject of an automatic reply"
    if "x-ms-exchange-inbox-rules-loop" in mail.headers and _suppresses_answers(mail):
        return "answered by an inbox rule"
    if _NOBODY.match(mail.from_.email) and not _REPLY_PREFIX.match(mail.subject):
        return "auto-generated"
    return None


def _suppresses_answers(mail: ParsedMail) -> bool:
    # Exchange sets it on ordinary mail too, so it only counts beside another sign.
    return "x-auto-response-suppress" in mail.headers


def _is_list(mail: ParsedMail) -> bool:
    if "list-id" in mail.headers or "list-unsubscribe" in mail.headers:
        return True
    return _value(mail, "precedence").strip().lower() in {"bulk", "list", "junk"}


def _value(mail: ParsedMail, name: str) -> str:
    values = mail.headers.get(name)
    return values[0] if values else ""
