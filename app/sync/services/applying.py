"""Write a batch of read mails down and tell the rooms above: one transaction, fenced."""

from collections.abc import Sequence
from typing import Any

from app.core.events import publish
from app.mailhub.incoming import Link, StoredMessage
from app.mailhub.services import link_thread, set_match, store_messages
from app.models import Folder
from app.sending.queries import outbox_by_ids
from app.sync import events
from app.sync.classify import Verdict
from app.sync.policies import may_fire
from app.sync.policies.matching import worst_recipient
from app.sync.queries import threads_with_lead
from app.sync.services.matching import links_by_address, links_by_ids
from app.sync.services.reading import ReadMail, to_store
from app.sync.services.scopes import Scope, hold_folder

_ANSWERS = {"human": events.ReplyReceived, "invite": events.ReplyReceived}
_AUTOMATIC = {"out_of_office", "auto"}


def apply_mails(
    scope: Scope, mails: Sequence[ReadMail], *, uidvalidity: int, was_reset: bool
) -> int:
    """Store, thread, match and publish. Returns how many were new. Errors: LeaseLost.

    Seen twice, a mail changes nothing and fires nothing.
    """
    folder = hold_folder(scope)
    certain = links_by_ids(mails)
    verdicts = {mail.fetched.uid: _verdict(mail, certain) for mail in mails}
    stored = store_messages(
        scope.account_id,
        [
            to_store(scope, mail, verdicts[uid], certain.get(uid), uidvalidity)
            for mail in mails
            for uid in [mail.fetched.uid]
        ],
    )
    links = _final_links(scope, mails, stored, certain)
    for mail, row in zip(mails, stored, strict=True):
        _link(row, links.get(mail.fetched.uid), certain.get(mail.fetched.uid))
    for mail, row in zip(mails, stored, strict=True):
        if _fires(scope, mail, row, was_reset=was_reset):
            _tell(scope, mail, row, verdicts[mail.fetched.uid], links.get(mail.fetched.uid))
    _note_progress(folder, len(mails))
    return sum(row.is_new for row in stored)


def _verdict(mail: ReadMail, certain: dict[int, Link]) -> Verdict:
    """What looked like a mailing list is a person when it names a mail of ours."""
    if mail.verdict.kind == "list" and mail.fetched.uid in certain:
        return Verdict("human", "answers a mail of ours")
    return mail.verdict


def _final_links(
    scope: Scope,
    mails: Sequence[ReadMail],
    stored: Sequence[StoredMessage],
    certain: dict[int, Link],
) -> dict[int, Link]:
    """Message-IDs first, then the conversation, then the address."""
    links = links_by_address(scope.account_id, mails, certain)
    threads = threads_with_lead({row.thread_id for row in stored})
    for mail, row in zip(mails, stored, strict=True):
        thread = threads.get(row.thread_id)
        if thread is not None and mail.direction == "in" and mail.verdict.kind != "list":
            links[mail.fetched.uid] = Link(
                None, thread.campaign_id, thread.campaign_lead_id, thread.lead_id, "thread", 0.95
            )
    return {**links, **certain}


def _link(row: StoredMessage, link: Link | None, stored_with: Link | None) -> None:
    if link is None or not row.is_new:
        return
    if link is not stored_with:
        set_match(row.id, link)
    if link.campaign_lead_id is not None or link.lead_id is not None:
        link_thread(row.thread_id, link)


def _fires(scope: Scope, mail: ReadMail, row: StoredMessage, *, was_reset: bool) -> bool:
    return (
        row.is_new
        and mail.direction == "in"
        and may_fire(
            at=mail.at,
            connected_at=scope.connected_at,
            was_reset=was_reset,
            last_synced_at=scope.last_synced_at,
        )
    )


def _tell(
    scope: Scope, mail: ReadMail, row: StoredMessage, verdict: Verdict, link: Link | None
) -> None:
    common: dict[str, Any] = {
        "message_id": row.id,
        "thread_id": row.thread_id,
        "account_id": scope.account_id,
        "kind": verdict.kind,
        "at": mail.at,
        "from_email": mail.parsed.from_.email,
        "outbox_id": link.outbox_id if link else None,
        "campaign_id": link.campaign_id if link else None,
        "campaign_lead_id": link.campaign_lead_id if link else None,
        "lead_id": link.lead_id if link else None,
        "method": link.method if link else "",
        "confidence": link.confidence if link else 0.0,
    }
    publish(events.MessageReceived(**common))
    if link is None:
        return
    if verdict.kind in _ANSWERS:
        publish(_ANSWERS[verdict.kind](**common))
    elif verdict.kind in _AUTOMATIC:
        left = bool(verdict.facts.get("left_company"))
        publish(events.AutoReplyReceived(**common, returns_on=verdict.return_on, left_company=left))
    elif verdict.kind == "bounce" and (expected := _addressee(link)) in _named(verdict, expected):
        publish(events.BounceReceived(**common, **_bounce(verdict, expected)))
    elif verdict.kind == "complaint":
        people = verdict.facts.get("complainers") or [""]
        publish(events.ComplaintReceived(**common, email=people[0]))


def _addressee(link: Link) -> str:
    """Whom the mail was sent to that a report is about; empty when no mail is known."""
    row = outbox_by_ids([link.outbox_id]).get(link.outbox_id) if link.outbox_id else None
    return row.to_email.lower() if row else ""


def _named(verdict: Verdict, expected: str) -> set[str]:
    """Whom a report blames. One that names another than whom we wrote to says nothing of them;
    one that names nobody, as prose may, is about the mail it quotes."""
    people = {str(one["recipient"]).lower() for one in verdict.facts.get("recipients") or []}
    return people - {""} if expected and people - {""} else {expected}


def _bounce(verdict: Verdict, expected: str) -> dict[str, Any]:
    worst = worst_recipient(verdict.facts, expected)
    return {
        "email": str(worst.get("recipient", "")),
        "severity": str(worst.get("severity", "soft")),
        "status": str(worst.get("status", "")),
        "reason": str(worst.get("diagnostic", "")),
    }


def _note_progress(folder: Folder, count: int) -> None:
    """How far a first sync has come, for the page."""
    if folder.progress.get("total"):
        done = min(int(folder.progress.get("done", 0)) + count, int(folder.progress["total"]))
        folder.progress = {**folder.progress, "done": done}
