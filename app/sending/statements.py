"""The statements of a drain, written as SQL: each is one decision that must not be torn apart.

A mail costs one transaction: the result of the one before and the claim of the next. The ORM would
need six statements for it and take longer than the mail server. `:workspace_id` is bound in every
statement that reads or writes owned rows; `run` refuses to go without a workspace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.db import db
from app.core.statements import KeptConnection
from app.core.tenancy import require_workspace_id

Row = Mapping[Any, Any]


def _short(statement: str) -> str:
    """Without its layout: the driver parses statements beyond 4,096 characters anew each time."""
    return " ".join(statement.split())


# sql: the lease and its fence are one conditional UPDATE on the database's clock; two workers that
# ask at once get one yes.
TAKE_LEASE = """
UPDATE email_account
   SET fence = fence + 1, lease_owner = %(owner)s, drained_at = %(now)s,
       lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE id = %(account_id)s AND workspace_id = %(workspace_id)s AND removed_at IS NULL
   AND status IN ('connected', 'paused', 'disconnected')
   AND (lease_until IS NULL OR lease_until < clock_timestamp())
   AND (retry_at IS NULL OR retry_at <= %(now)s)
RETURNING id, workspace_id, fence, email, from_name, sent_copy, daily_limit, ramp_enabled,
          ramp_start, ramp_step, connected_at, gap_seconds, gap_jitter_seconds, time_zone,
          signature_html, status
"""

# sql: only the holder gives a lease back.
GIVE_LEASE_BACK = """
UPDATE email_account SET lease_until = NULL, lease_owner = NULL
 WHERE id = %(account_id)s AND workspace_id = %(workspace_id)s AND fence = %(fence)s
RETURNING id
"""

# sql: record mail N and claim mail N+1 in one transaction, limits and stops judged in the claim.
#
# done     the mail before, only while it is still ours (fence)
# first    the next due row while we hold the account's lease, and its fate: what is suppressed or
#          too late by now is cancelled here; stops have already set `cancelled`. Campaign mail only
#          when the account is not paused and the gap is over. Both rows are locked: a pause or
#          another worker comes before or after, never in between
# day      one more of today's campaign mails, only below the limit
# claimed  the row changes hands
# paced    the next gap starts; a lease that is half over is made longer
RECORD_AND_CLAIM = _short("""
WITH done AS (
    UPDATE outbox
       SET state = 'sent', sent_at = %(sent_at)s::timestamptz, lease_until = NULL,
           provider_message_id = %(provider_message_id)s::text, subject = %(subject)s::text,
           sent_copy_due = %(sent_copy_due)s::boolean, raw_blob = %(raw_blob)s::text,
           announce_due = true, error_family = '', error_text = '', updated_at = %(now)s
     WHERE id = %(done_id)s::bigint AND workspace_id = %(workspace_id)s
       AND fence = %(fence)s AND state = 'sending'
    RETURNING id
), first AS (
    SELECT o.id, o.kind,
           CASE WHEN o.expires_at < %(now)s THEN 'expired'
                WHEN o.kind = 'campaign' AND EXISTS (
                    SELECT 1 FROM suppression
                     WHERE workspace_id = %(workspace_id)s AND suppression.kind = 'email'
                       AND value = lower(o.to_email)
                    UNION ALL
                    SELECT 1 FROM suppression
                     WHERE workspace_id = %(workspace_id)s AND suppression.kind = 'domain'
                       AND value = split_part(lower(o.to_email), '@', 2)
                ) THEN 'suppressed'
                ELSE '' END AS stop
      FROM email_account a JOIN outbox o ON o.account_id = a.id
     WHERE %(take)s::boolean AND (%(done_id)s::bigint IS NULL OR EXISTS (SELECT 1 FROM done))
       AND a.id = %(account_id)s AND a.workspace_id = %(workspace_id)s
       AND a.fence = %(fence)s AND a.lease_until > clock_timestamp() AND a.removed_at IS NULL
       AND a.status IN ('connected', 'paused', 'disconnected')
       AND o.workspace_id = %(workspace_id)s AND o.state = 'queued' AND o.send_at <= %(now)s
       AND (o.kind <> 'campaign'
            OR (%(campaigns)s::boolean AND a.status <> 'paused'
                AND (a.gap_until IS NULL OR a.gap_until <= %(now)s)))
     ORDER BY o.priority, o.send_at, o.id
     LIMIT 1
       FOR NO KEY UPDATE OF a
       FOR UPDATE OF o SKIP LOCKED
), day AS (
    INSERT INTO account_day AS d (account_id, day, workspace_id, campaign_claimed)
    SELECT %(account_id)s, %(day)s::date, %(workspace_id)s, 1
      FROM first
     WHERE kind = 'campaign' AND stop = '' AND %(limit)s > 0
    ON CONFLICT (workspace_id, account_id, day) DO UPDATE SET campaign_claimed = d.campaign_claimed + 1
     WHERE d.campaign_claimed < %(limit)s
    RETURNING 1
), claimed AS (
    UPDATE outbox o
       SET state = CASE WHEN first.stop = '' THEN 'sending' ELSE 'cancelled' END,
           error_family = first.stop, announce_due = (first.stop <> ''),
           fence = %(fence)s, attempts = o.attempts + 1, updated_at = %(now)s,
           claimed_at = %(now)s, marks_dot = %(marks_dot)s, dot_at = NULL,
           lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
      FROM first
     WHERE o.id = first.id AND o.workspace_id = %(workspace_id)s
       AND (first.kind <> 'campaign' OR first.stop <> '' OR EXISTS (SELECT 1 FROM day))
    RETURNING o.*
), paced AS (
    UPDATE email_account a
       SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
           gap_until = CASE WHEN c.kind = 'campaign' AND c.state = 'sending'
                            THEN %(now)s::timestamptz + make_interval(secs => %(gap)s)
                            ELSE a.gap_until END
      FROM claimed c
     WHERE a.id = %(account_id)s AND a.workspace_id = %(workspace_id)s
       AND (%(gap)s > 0
            OR a.lease_until < clock_timestamp() + make_interval(secs => %(lease)s / 2))
), noted AS (
    INSERT INTO send_event (workspace_id, outbox_id, kind, detail)
    SELECT %(workspace_id)s, id, 'sent', '{}'::jsonb FROM done
    UNION ALL
    SELECT %(workspace_id)s, id, state, jsonb_build_object('reason', error_family)
      FROM claimed WHERE state = 'cancelled'
)
SELECT (SELECT count(*) FROM done) AS recorded, (SELECT count(*) FROM first) AS picked,
       c.id, c.kind, c.state, c.campaign_id, c.step_id, c.message_id, c.in_reply_to,
       NULLIF(c."references", '[]') AS "references", c.to_email, c.to_name,
       NULLIF(c.cc, '[]') AS cc, NULLIF(c.bcc, '[]') AS bcc, c.subject, c.body_html, c.body_text,
       c.variables, c.options, c.attempts, s.updated_at AS step_version
  FROM (VALUES (1)) one LEFT JOIN claimed c ON true
  LEFT JOIN step s ON s.id = c.step_id AND s.workspace_id = %(workspace_id)s
""")

# sql: the fence, asked on the database's clock right before the final dot; where there will be no
# other evidence the moment is written down as well, and committed before the dot.
STILL_MINE = """
SELECT 1 FROM outbox
 WHERE id = %(id)s AND workspace_id = %(workspace_id)s AND fence = %(fence)s
   AND state = 'sending' AND lease_until > clock_timestamp() + make_interval(secs => %(margin)s)
"""
MARK_DOT = """
UPDATE outbox SET dot_at = clock_timestamp()
 WHERE id = %(id)s AND workspace_id = %(workspace_id)s AND fence = %(fence)s
   AND state = 'sending' AND lease_until > clock_timestamp() + make_interval(secs => %(margin)s)
RETURNING id
"""

# sql: any other end of an attempt, with what it gives back to the day's limit, all or nothing and
# only while the row is ours.
SETTLE = """
WITH row AS (
    UPDATE outbox
       SET state = %(state)s, send_at = COALESCE(%(send_at)s::timestamptz, send_at),
           next_check_at = %(next_check_at)s::timestamptz, checks = 0, lease_until = NULL,
           fence = fence + CASE WHEN %(state)s = 'uncertain' THEN 1 ELSE 0 END,
           error_family = %(family)s, error_text = %(text)s, updated_at = %(now)s,
           subject = CASE WHEN %(subject)s = '' THEN subject ELSE %(subject)s END,
           announce_due = %(state)s IN ('failed', 'held')
     WHERE id = %(id)s AND workspace_id = %(workspace_id)s AND fence = %(fence)s
       AND state = 'sending'
    RETURNING id, kind, state
), day AS (
    UPDATE account_day SET campaign_claimed = campaign_claimed - 1
     WHERE account_id = %(account_id)s AND day = %(day)s AND workspace_id = %(workspace_id)s
       AND campaign_claimed > 0
       AND EXISTS (SELECT 1 FROM row WHERE kind = 'campaign' AND state IN ('queued', 'held'))
), account AS (
    UPDATE email_account SET retry_at = %(retry_at)s::timestamptz
     WHERE id = %(account_id)s AND workspace_id = %(workspace_id)s
       AND %(retry_at)s::timestamptz IS NOT NULL AND EXISTS (SELECT 1 FROM row)
)
INSERT INTO send_event (workspace_id, outbox_id, kind, detail)
SELECT %(workspace_id)s, id, %(event)s, %(detail)s::jsonb FROM row RETURNING outbox_id
"""

# sql: a statement whose answer was lost may have claimed a row for us that we never touched.
GIVE_ROWS_BACK = """
WITH rows AS (
    UPDATE outbox SET state = 'queued', lease_until = NULL, updated_at = %(now)s
     WHERE account_id = %(account_id)s AND workspace_id = %(workspace_id)s
       AND fence = %(fence)s AND state = 'sending' AND id <> ALL(%(touched)s)
    RETURNING id
)
INSERT INTO send_event (workspace_id, outbox_id, kind)
SELECT %(workspace_id)s, id, 'given_back' FROM rows RETURNING outbox_id
"""

# sql: takes the marks of a batch away; the announcement is made in the same transaction.
TAKE_NEWS = """
UPDATE outbox o SET announce_due = false
  FROM (SELECT id FROM outbox
         WHERE account_id = %(account_id)s AND workspace_id = %(workspace_id)s AND announce_due
         ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) due
 WHERE o.id = due.id
RETURNING o.id, o.kind, o.state, o.account_id, o.campaign_id, o.campaign_lead_id, o.step_id,
          o.lead_id, o.thread_id, o.to_email, o.subject, o.message_id, o.provider_message_id,
          o.in_reply_to, o."references", o.sent_at, o.updated_at, o.error_family, o.error_text
"""

# sql: counters of an account's day, added up in one statement for a batch of announced mails.
COUNT_DAY = """
INSERT INTO account_day AS d (account_id, day, workspace_id, campaign_sent, manual_sent, failed)
VALUES (%(account_id)s, %(day)s, %(workspace_id)s, %(campaign)s, %(manual)s, %(failed)s)
ON CONFLICT (workspace_id, account_id, day) DO UPDATE
   SET campaign_sent = d.campaign_sent + excluded.campaign_sent,
       manual_sent = d.manual_sent + excluded.manual_sent, failed = d.failed + excluded.failed
"""


def run(statement: str, on: KeptConnection | None = None, /, **values: Any) -> Sequence[Row]:
    """Run one statement of this module in the current workspace.

    In the current unit of work, or on a kept connection, where it is a transaction itself.
    """
    values["workspace_id"] = require_workspace_id()
    if on is not None:
        return on.run(statement, values)
    # sql: a statement of this module; each says why it is one and binds the workspace.
    result = db.session.connection().exec_driver_sql(statement, values)
    return result.mappings().all() if result.returns_rows else ()
