"""From fetched bytes to what can be stored: everything that needs no database."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.core.blobs import put_blob
from app.core.clock import utcnow
from app.core.settings import settings
from app.mailhub.charsets import clean_text
from app.mailhub.html import has_remote_images, sanitise
from app.mailhub.incoming import (
    IncomingAttachment,
    IncomingMail,
    Link,
    Spot,
    provider_key,
)
from app.mailhub.mime_headers import Address
from app.providers.mail.base import FetchedMail
from app.sync.classify import Verdict, classify
from app.sync.parse import PARSER_VERSION, ParsedMail, parse_mail
from app.sync.services.scopes import Scope

_WRITERS = 8


@dataclass(frozen=True)
class ReadMail:
    """A fetched mail, parsed and classified."""

    fetched: FetchedMail
    parsed: ParsedMail
    verdict: Verdict
    at: datetime
    direction: str
    key: str
    raw_blob: str | None
    html: str

    @property
    def named_ids(self) -> list[str]:
        """Ids that may name mail of ours: what it answers, or what a report is about."""
        reported = self.verdict.facts.get("original_ids", [])
        return list(dict.fromkeys([*reported, *self.parsed.related_ids]))


def read_mails(scope: Scope, batch: Sequence[FetchedMail]) -> list[ReadMail]:
    """Keep the raw bytes, parse, classify, sanitise. Opens no transaction; only a full disk raises.

    The files are written by several threads: each waits for the disk, not for the processor.
    """
    with ThreadPoolExecutor(_WRITERS) as writers:
        blobs = list(writers.map(_keep, batch))
    return [read_mail(scope, one, blob) for one, blob in zip(batch, blobs, strict=True)]


def _keep(fetched: FetchedMail) -> str | None:
    return put_blob(fetched.raw) if fetched.raw and not fetched.problem else None


def read_mail(scope: Scope, fetched: FetchedMail, raw_blob: str | None) -> ReadMail:
    """One mail as values. Never raises."""
    at = arrival(fetched)
    parsed = parse_mail(fetched.raw, received_at=at)
    ours = parsed.from_.email == scope.account_email or scope.role == "sent"
    return ReadMail(
        fetched=fetched,
        parsed=parsed,
        verdict=Verdict("sent", "from this account") if ours else classify(parsed),
        at=at,
        direction="out" if ours else "in",
        key=provider_key(
            message_id=parsed.message_id,
            from_email=parsed.from_.email,
            account_email=scope.account_email,
            date=parsed.headers.get("date", [""])[0],
        ),
        raw_blob=raw_blob,
        html=sanitise(parsed.html) if parsed.html else "",
    )


def arrival(fetched: FetchedMail) -> datetime:
    """When the server got the mail; never in the future, never before there was mail."""
    now = utcnow()
    at = (fetched.internal_date or now).astimezone(UTC)
    return min(at, now) if at.year >= 1980 else now


def to_store(
    scope: Scope, read: ReadMail, verdict: Verdict, link: Link | None, uidvalidity: int
) -> IncomingMail:
    """As the mailhub takes it."""
    parsed, fetched = read.parsed, read.fetched
    return IncomingMail(
        provider_key=read.key,
        message_id=parsed.message_id,
        in_reply_to=parsed.in_reply_to[0] if parsed.in_reply_to else "",
        references=parsed.related_ids,
        direction=read.direction,
        kind=verdict.kind,
        state=_state(read),
        from_name=parsed.from_.name,
        from_email=parsed.from_.email,
        to=_people(parsed.to),
        cc=_people(parsed.cc),
        reply_to=_people(parsed.reply_to),
        subject=parsed.subject,
        snippet=parsed.snippet,
        body_text=parsed.text,
        reply_text=parsed.reply,
        body_html=read.html,
        has_remote_images=has_remote_images(read.html, settings.public_url),
        raw_blob=read.raw_blob,
        size=max(fetched.size, parsed.size),
        at=read.at,
        date_header=parsed.sent_at,
        is_seen=r"\Seen" in fetched.flags or read.direction == "out",
        is_flagged=r"\Flagged" in fetched.flags,
        attachments=[_attachment(one) for one in parsed.attachments],
        facts=_facts(read, verdict),
        parser_version=PARSER_VERSION,
        spot=Spot(scope.folder_id, uidvalidity, fetched.uid),
        link=link,
    )


def _state(read: ReadMail) -> str:
    if read.fetched.problem:
        return "oversize"
    return "broken" if read.parsed.unreadable else "stored"


def _facts(read: ReadMail, verdict: Verdict) -> dict[str, Any]:
    facts = dict(verdict.facts)
    if read.direction == "in":
        facts["reason"] = verdict.reason
    problem = read.fetched.problem or read.parsed.unreadable
    if problem:
        facts["problem"] = clean_text(problem)
    return facts


def _people(people: list[Address]) -> list[dict[str, Any]]:
    return [{"name": one.name, "email": one.email} for one in people]


def _attachment(one: Any) -> IncomingAttachment:
    return IncomingAttachment(one.path, one.name, one.type, one.size, one.cid or "", one.is_inline)
