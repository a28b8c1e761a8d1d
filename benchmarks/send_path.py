"""The whole path of a campaign mail against a raw SMTP loop, in the same run.

Path: claim committed before any byte, Liquid, 7 links signed, MIME text and HTML, hand-over on a
kept connection, fence, result and events recorded, news told. Reference: smtplib on one kept
connection, sending the very same bytes. Both talk to the same server, aiosmtpd in a process of its
own, as the sandbox uses it. Four accounts at once are measured against that one loop, and, for
comparison without a level, against four such loops, which the server alone bounds. The database is
made on the server of DATABASE_URL and dropped.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import smtplib
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.world import Result, built_app, make_database, print_table, smtp_server

ROUNDS = int(os.environ.get("ROUNDS", "3"))
MAILS = int(os.environ.get("MAILS", "400"))
BODY = (
    "<p>Hello {{ first_name | default: 'there' }},</p>"
    + "".join(
        f"<p>At {{{{ company }}}} people often ask about subject {n}, and the answer takes "
        f'a paragraph of its own: <a href="https://acme.test/articles/{n}?from=mail">part {n}</a> '
        "tells it in full, with the figures, the people who made them, and what became of it "
        "a year later when everyone had looked at it again.</p>"
        for n in range(7)
    )
    + "<p>Best wishes<br>{{ sender_name }}</p>"
)


def fill(app: Any, port: int, accounts: int, mails: int) -> list[int]:
    """A workspace with accounts and queued campaign mails; the account ids."""
    from app.core.clock import utcnow
    from app.core.db import db
    from app.core.tenancy import workspace_context
    from app.models import Campaign, EmailAccount, Step, Workspace
    from app.sending.services import OutgoingMail, queue_mails

    slug = f"bench-{time.monotonic_ns()}"
    workspace = Workspace(name="Bench", slug=slug)
    db.session.add(workspace)
    db.session.commit()
    ids = []
    with workspace_context(workspace.id):
        campaign = Campaign(name="Bench")
        db.session.add(campaign)
        db.session.flush()
        step = Step(
            campaign_id=campaign.id,
            position=1,
            subject="A question, {{ first_name }}",
            body_html=BODY,
        )
        db.session.add(step)
        for number in range(accounts):
            account = EmailAccount(
                email=f"sender{number}@acme.test", from_name="Sam Sender", imap_host="127.0.0.1",
                imap_port=1, imap_security="none", smtp_host="127.0.0.1", smtp_port=port,
                smtp_security="none", connected_at=utcnow(), daily_limit=10**6, gap_seconds=0,
                gap_jitter_seconds=0, ramp_enabled=False, sent_copy="provider",
                credentials={"imap_username": "", "imap_password": "", "smtp_username": "",
                             "smtp_password": ""},
            )  # fmt: skip
            db.session.add(account)
            db.session.flush()
            ids.append(account.id)
            queue_mails(
                OutgoingMail(
                    account_id=account.id, to_email=f"lead{n}@example.com", step_id=step.id,
                    campaign_id=campaign.id, campaign_lead_id=n, intent=f"{account.id}:{n}",
                    variables={"first_name": f"Name{n}", "company": f"Company {n}"},
                    options={"track_opens": True, "track_clicks": True, "unsubscribe": True},
                )
                for n in range(mails)
            )  # fmt: skip
        db.session.commit()
        db.session.connection().exec_driver_sql("ANALYZE")
        db.session.commit()
    return [workspace.id, *ids]


def drain_one(workspace_id: int, account_id: int) -> int:
    """Send everything on one account, as a job does."""
    from app.core.db import db
    from app.core.tenancy import workspace_context
    from app.sending.drain import drain_account

    with workspace_context(workspace_id):
        sent = drain_account(account_id, seconds=600).sent
    db.session.remove()
    return sent


def mail_bytes(workspace_id: int, account_id: int, count: int) -> list[bytes]:
    """The bytes of the mails as the path makes them."""
    import sqlalchemy as sa

    from app.core.db import db
    from app.core.tenancy import workspace_context
    from app.models import Outbox
    from app.sending.copies import as_row
    from app.sending.mail import build
    from app.sending.queries import account_for_sending
    from app.sending.reconcile import sender_for

    with workspace_context(workspace_id):
        account = account_for_sending(account_id)
        assert account is not None
        sender = sender_for(account)
        statement = sa.select(Outbox).where(Outbox.account_id == account_id).limit(count)
        rows = [as_row(row) for row in db.session.scalars(statement)]
        db.session.commit()
        made = [build(row, sender)[0].raw for row in rows]
    db.session.remove()
    return made


def raw_loop(port: int, mails: list[bytes]) -> float:
    """Seconds for the same bytes on one kept connection."""
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.ehlo()
        started = time.perf_counter()
        for number, mail in enumerate(mails):
            smtp.sendmail("sender0@acme.test", [f"lead{number}@example.com"], mail)
        return time.perf_counter() - started


def one_account(app: Any, port: int) -> Result:
    """Rates with one account, rounds of both kinds in turn."""
    path, raw = [], []
    workspace_id, warm = fill(app, port, 1, 50)
    drain_one(workspace_id, warm)
    for _ in range(ROUNDS):
        workspace_id, account_id = fill(app, port, 1, MAILS)
        mails = mail_bytes(workspace_id, account_id, MAILS)
        raw.append(MAILS / raw_loop(port, mails))
        started = time.perf_counter()
        sent = drain_one(workspace_id, account_id)
        path.append(sent / (time.perf_counter() - started))
        assert sent == MAILS
    return Result("one account", statistics.median(path), statistics.median(raw), 0.30, "mails/s")


def _raw_child(port: int, mails: list[bytes], barrier: Any) -> None:
    barrier.wait()
    raw_loop(port, mails)
    barrier.wait()


def _drain_child(url: str, port: int, workspace_id: int, account_id: int, barrier: Any) -> None:
    with built_app(url, port):
        fill_caches(workspace_id, account_id)
        barrier.wait()
        drain_one(workspace_id, account_id)
        barrier.wait()


def fill_caches(workspace_id: int, account_id: int) -> None:
    """A worker that has run for a while: imported, connected, the step parsed."""
    mail_bytes(workspace_id, account_id, 1)


def together(target: Any, arguments: list[tuple[Any, ...]]) -> float:
    """Seconds until all of these, started at one moment in processes of their own, are done."""
    context = mp.get_context("spawn")
    barrier = context.Barrier(len(arguments) + 1)
    children = [context.Process(target=target, args=(*values, barrier)) for values in arguments]
    for child in children:
        child.start()
    barrier.wait()
    started = time.perf_counter()
    barrier.wait()
    seconds = time.perf_counter() - started
    for child in children:
        child.join()
        assert child.exitcode == 0
    return seconds


def four_accounts(app: Any, url: str, port: int) -> list[Result]:
    """Rates with four accounts at once, each in a worker process of its own."""
    path, one, four = [], [], []
    for _ in range(ROUNDS):
        workspace_id, *accounts = fill(app, port, 4, MAILS)
        mails = mail_bytes(workspace_id, accounts[0], MAILS)
        one.append(MAILS / raw_loop(port, mails))
        four.append(4 * MAILS / together(_raw_child, [(port, mails)] * 4))
        workers = [(url, port, workspace_id, account_id) for account_id in accounts]
        path.append(4 * MAILS / together(_drain_child, workers))
    rate = statistics.median(path)
    return [
        Result("four accounts at once", rate, statistics.median(one), 0.50, "mails/s"),
        Result("… against four raw loops", rate, statistics.median(four), None, "mails/s"),
    ]


def main() -> int:
    """Run and print the table; 1 when a level does not hold."""
    with make_database() as url, smtp_server() as port, built_app(url, port) as app:
        results = [one_account(app, port), *four_accounts(app, url, port)]
    return print_table("send_path", results)


if __name__ == "__main__":
    sys.exit(main())
