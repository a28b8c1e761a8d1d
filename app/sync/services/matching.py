"""Find the mail of ours a batch of mails belongs to. Reads only; the rule is in policies."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from app.mailhub.incoming import Link
from app.sending.queries import (
    outbox_by_ids,
    outbox_by_message_ids,
    outbox_id_in_message_id,
)
from app.sync.policies import ADDRESS_WINDOW, CLOCK_SLACK, REPORT_WINDOW
from app.sync.policies.matching import link_by_ids, link_to
from app.sync.queries import last_mail_to
from app.sync.services.reading import ReadMail

_BY_ADDRESS = {"human", "out_of_office", "auto", "invite"}


def links_by_ids(mails: Sequence[ReadMail]) -> dict[int, Link]:
    """Links certain from Message-IDs, by UID: what a mail answers, or for our own mail itself."""
    ids = {one for mail in mails for one in _ids(mail)}
    rows = outbox_by_message_ids(ids)
    tokens = _rows_of_tokens(ids - rows.keys())
    found: dict[int, Link] = {}
    for mail in mails:
        link = link_by_ids(_ids(mail), rows, tokens)
        if link is not None:
            found[mail.fetched.uid] = _as_own(link) if mail.direction == "out" else link
    return found


def _ids(mail: ReadMail) -> list[str]:
    return [mail.parsed.message_id] if mail.direction == "out" else mail.named_ids


def _as_own(link: Link) -> Link:
    return Link(link.outbox_id, link.campaign_id, link.campaign_lead_id, link.lead_id, "own", 1.0)


def _rows_of_tokens(ids: Iterable[str]) -> dict[str, Any]:
    """Rows whose id is signed into a Message-ID: a relay may have rewritten the rest of it."""
    outbox_ids = {one: outbox_id_in_message_id(one) for one in ids}
    rows = outbox_by_ids({number for number in outbox_ids.values() if number})
    return {one: rows[number] for one, number in outbox_ids.items() if number in rows}


def links_by_address(
    account_id: int, mails: Sequence[ReadMail], known: dict[int, Link]
) -> dict[int, Link]:
    """Links by whom we wrote to from this account, for mails without a certain one, by UID."""
    people = {
        mail.fetched.uid: _people(mail)
        for mail in mails
        if mail.direction == "in" and mail.fetched.uid not in known
    }
    wanted = {email for emails in people.values() for email in emails}
    if not wanted:
        return {}
    oldest = min(mail.at for mail in mails)
    rows = last_mail_to(account_id, wanted, oldest - ADDRESS_WINDOW)
    found: dict[int, Link] = {}
    for mail in mails:
        for email in people.get(mail.fetched.uid, ()):
            row = rows.get(email)
            if row is not None and _is_in_time(mail, row.sent_at):
                found.setdefault(mail.fetched.uid, _by_person(mail, row))
    return found


def _people(mail: ReadMail) -> list[str]:
    facts = mail.verdict.facts
    if mail.verdict.kind == "bounce":
        return [one["recipient"] for one in facts.get("recipients", []) if one["recipient"]]
    if mail.verdict.kind == "complaint":
        return list(facts.get("complainers", []))
    if mail.verdict.kind not in _BY_ADDRESS:
        return []
    senders = [mail.parsed.from_, *mail.parsed.reply_to]
    return list(dict.fromkeys(one.email for one in senders if one.email))


def _is_in_time(mail: ReadMail, sent_at: datetime) -> bool:
    window = REPORT_WINDOW if mail.verdict.kind == "bounce" else ADDRESS_WINDOW
    return sent_at - CLOCK_SLACK <= mail.at <= sent_at + window


def _by_person(mail: ReadMail, row: Any) -> Link:
    is_report = mail.verdict.kind in {"bounce", "complaint"}
    return link_to(row, "report_recipient" if is_report else "address", 0.8)
