"""Rows whose worker vanished: never sent again without evidence, never forgotten.

A row that is still `sending` when its lease is over is taken from its worker by the fence. Where
the moment before the final dot is written down and is missing, nothing was sent. All others are
looked up at the provider, several times because an index may lag, and what nobody can tell is held
and shown to a person.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog

from app.accounts.services import mail_provider, mark_reconnect_required
from app.core.clock import utcnow
from app.core.db import db
from app.core.settings import settings
from app.core.tenancy import unscoped
from app.core.transactions import unit_of_work
from app.models import EmailAccount
from app.providers.mail.base import Evidence, MailProvider
from app.providers.mail.errors import AuthExpired, MailError
from app.sending import statements
from app.sending.mail import Sender, StepDeleted, build
from app.sending.news import announce
from app.sending.policies import Verdict, check_wait, local_day, weigh
from app.sending.queries import account_for_sending, last_acknowledged
from app.sending.render import TemplateProblem
from app.sending.render.compose import bracketed
from app.sending.statements import Row

log = structlog.get_logger(__name__)
LOOK_AGAIN_AFTER_TROUBLE = 60.0
NO_EVIDENCE = (
    "The connection broke while this mail was being handed over, and the mail server keeps no "
    "copy that would tell whether it was sent."
)
MAX_CRASHES = 5
CRASHED = (
    f"Sending this mail broke off {MAX_CRASHES} times in the middle. It was not sent, and is not "
    "tried again by itself."
)

# sql: how many workers vanished with a row in hand, since a person last had it sent again.
_CRASHES = """(SELECT count(*) FROM send_event e
                 WHERE e.outbox_id = outbox.id AND e.kind = 'lease_expired' AND e.id > COALESCE(
                       (SELECT max(r.id) FROM send_event r
                         WHERE r.outbox_id = outbox.id AND r.kind = 'resent'), 0))"""

# sql: takes rows from workers whose lease is over, in every workspace at once; conditional on the
# state, so that a worker that records at the same moment wins or loses, never both.
EXPIRE = f"""
WITH rows AS (
    UPDATE outbox
       SET state = CASE WHEN marks_dot AND dot_at IS NULL AND {_CRASHES} < {MAX_CRASHES - 1}
                        THEN 'queued' ELSE 'uncertain' END,
           fence = fence + 1, lease_until = NULL, checks = 0, updated_at = %(now)s,
           next_check_at = %(now)s::timestamptz + make_interval(secs => %(wait)s)
     WHERE state = 'sending' AND lease_until < clock_timestamp()
    RETURNING id, workspace_id, state
)
INSERT INTO send_event (workspace_id, outbox_id, kind, detail)
SELECT workspace_id, id, 'lease_expired', jsonb_build_object('now', state) FROM rows
RETURNING outbox_id
"""  # noqa: S608 - made of constants

# sql: one doubtful row for this worker; the next look is moved first, so a crash costs time only.
TAKE_DOUBTFUL = f"""
UPDATE outbox SET next_check_at = %(now)s::timestamptz + make_interval(secs => %(wait)s)
 WHERE id = (SELECT id FROM outbox
              WHERE account_id = %(account_id)s AND workspace_id = %(workspace_id)s
                AND state = 'uncertain' AND next_check_at <= %(now)s
              ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING outbox.*, {_CRASHES} AS crashes,
          (SELECT s.updated_at FROM step s WHERE s.id = outbox.step_id) AS step_version,
          (SELECT a.sent_copy FROM email_account a WHERE a.id = outbox.account_id) AS sent_copy,
          COALESCE(outbox.dot_at, outbox.claimed_at, outbox.updated_at) AS handed_at
"""  # noqa: S608 - made of constants

# sql: the verdict, only while the row is still in doubt under the same fence.
JUDGE = """
WITH row AS (
    UPDATE outbox
       SET state = %(state)s, checks = checks + 1, updated_at = %(now)s,
           next_check_at = %(next_check_at)s::timestamptz, sent_at = %(sent_at)s::timestamptz,
           send_at = CASE WHEN %(state)s = 'queued' THEN %(now)s ELSE send_at END,
           subject = CASE WHEN subject = '' THEN %(subject)s ELSE subject END,
           error_family = %(family)s, error_text = %(text)s,
           announce_due = %(state)s IN ('sent', 'held')
     WHERE id = %(id)s AND workspace_id = %(workspace_id)s AND fence = %(fence)s
       AND state = 'uncertain'
    RETURNING id
)
INSERT INTO send_event (workspace_id, outbox_id, kind, detail)
SELECT %(workspace_id)s, id, %(event)s, jsonb_build_object('evidence', %(evidence)s::text)
  FROM row
RETURNING outbox_id
"""


def expire_leases() -> int:
    """Take rows from workers that vanished. How many. Safe to run at any time, anywhere."""
    values: dict[str, Any] = {"now": utcnow(), "wait": settings.reconcile_waits[0]}
    with unscoped("leases run out in every workspace"), unit_of_work():
        # sql: one statement expires the leases of all workspaces, on purpose
        return len(db.session.connection().exec_driver_sql(EXPIRE, values).all())


def look_up_doubtful(account_id: int) -> int:
    """Look for evidence of an account's doubtful mails that are due. How many were looked at."""
    provider: MailProvider | None = None
    looked = 0
    try:
        while (row := _take(account_id)) is not None:
            if provider is None:
                provider = _provider(account_id)
            if provider is None:
                break
            looked += 1
            if not _look(row, provider):
                break
    finally:
        if provider is not None:
            provider.close()
    announce(account_id)
    return looked


def _take(account_id: int) -> Row | None:
    with unit_of_work():
        rows = statements.run(
            TAKE_DOUBTFUL, account_id=account_id, now=utcnow(), wait=LOOK_AGAIN_AFTER_TROUBLE
        )
    return rows[0] if rows else None


def _provider(account_id: int) -> MailProvider | None:
    with unit_of_work():
        account = account_for_sending(account_id)
        return mail_provider(account) if account and account.removed_at is None else None


def _look(row: Row, provider: MailProvider) -> bool:
    """One look for one row. False when the account cannot be asked now."""
    wait = check_wait(settings.reconcile_waits, row["checks"] + 1)
    if row["crashes"] >= MAX_CRASHES and row["marks_dot"] and row["dot_at"] is None:
        _judge(row, Verdict.NOT_SENT, Evidence.ABSENT, None)
        return True
    if row["sent_copy"] == "none":
        _judge(row, Verdict.HOLD, Evidence.UNKNOWN, None)
        return True
    try:
        evidence = provider.find_by_message_id(bracketed(row["message_id"]))
        proves = evidence is Evidence.ABSENT and (wait is not None or _keeps_copies(row, provider))
    except MailError as error:
        _note_trouble(row, error)
        if row["sent_copy"] == "provider":
            return False  # its answer is worth waiting for
        evidence, proves = Evidence.UNKNOWN, False
    verdict = weigh(evidence, looks_left=wait is not None, proves=proves)
    _judge(row, verdict, evidence, wait)
    return True


def _keeps_copies(row: Row, provider: MailProvider) -> bool:
    """Whether absence proves anything: a mail this server certainly took must be in Sent.

    Without such a mail, what is known of the provider has to do.
    """
    with unit_of_work():
        control = last_acknowledged(row["account_id"], row["id"], row["handed_at"])
    if control is None:
        return True
    found = provider.find_by_message_id(bracketed(control))
    if found is not Evidence.FOUND:
        log.warning("sent_copies_missing", account_id=row["account_id"])
    return found is Evidence.FOUND


def _judge(row: Row, verdict: Verdict, evidence: Evidence, wait: float | None) -> None:
    is_crashed = verdict is Verdict.NOT_SENT and row["crashes"] >= MAX_CRASHES
    if is_crashed:
        verdict = Verdict.HOLD
    state = {
        Verdict.SENT: "sent",
        Verdict.NOT_SENT: "queued",
        Verdict.HOLD: "held",
        Verdict.LOOK_AGAIN: "uncertain",
    }[verdict]
    held, now = verdict is Verdict.HOLD, utcnow()
    subject = _subject(row) if verdict is Verdict.SENT else ""
    with unit_of_work():
        statements.run(
            JUDGE,
            id=row["id"],
            fence=row["fence"],
            now=now,
            state=state,
            sent_at=row["handed_at"] if verdict is Verdict.SENT else None,
            next_check_at=now + timedelta(seconds=wait) if state == "uncertain" and wait else None,
            subject=subject,
            family=("crashed" if is_crashed else "no_evidence") if held else "",
            text=(CRASHED if is_crashed else NO_EVIDENCE) if held else "",
            event={"sent": "found_sent", "queued": "not_sent", "held": "held"}.get(state, "looked"),
            evidence=str(evidence),
        )


def _subject(row: Row) -> str:
    """The subject the mail had: its worker died before it could write it down."""
    if row["subject"]:
        return str(row["subject"])
    with unit_of_work():
        account = account_for_sending(row["account_id"])
        sender = sender_for(account) if account else None
    try:
        return build(row, sender)[0].subject if sender else ""
    except (TemplateProblem, StepDeleted, ValueError):
        return ""


def sender_for(account: EmailAccount) -> Sender:
    """The account as its mails show it, outside of any lease."""
    return Sender(
        account_id=account.id,
        fence=0,
        email=account.email,
        from_name=account.from_name,
        sent_copy=account.sent_copy,
        signature_html=account.signature_html,
        gap_seconds=0,
        gap_jitter_seconds=0,
        time_zone=account.time_zone,
        daily_limit=0,
        ramp=(False, 0, 0),
        connected_on=local_day(account.connected_at, account.time_zone),
    )


def _note_trouble(row: Row, error: MailError) -> None:
    """The account cannot be asked: this look does not count."""
    log.info("evidence_not_available", account_id=row["account_id"], phase=str(error.phase))
    if not isinstance(error, AuthExpired):
        return
    with unit_of_work():
        account = account_for_sending(row["account_id"])
        if account:
            mark_reconnect_required(account, error.text)
