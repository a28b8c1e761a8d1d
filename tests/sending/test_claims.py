"""The fence of a claim: when its own lease is proof, when the database is asked, what it says."""

import contextlib
import time
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.settings import settings
from app.core.statements import KeptConnection
from app.models import Outbox
from app.sending import claims as sending_claims
from app.sending.claims import FRESH_SECONDS, Claims, LeaseLost
from app.sending.lease import take_lease
from app.sending.policies import Decision, Next
from app.sending.services import OutgoingMail, queue_mails


@pytest.fixture
def claims(account, step):
    """A worker that holds the account, with two mails due."""
    mails = [
        OutgoingMail(
            account_id=account.id,
            to_email=f"lead{number}@example.com",
            step_id=step.id,
            campaign_id=step.campaign_id,
            variables={"first_name": "Bo"},
        )
        for number in range(2)
    ]
    queue_mails(mails)
    db.session.commit()
    sender, provider = take_lease(account.id)
    with contextlib.closing(provider), contextlib.closing(KeptConnection()) as connection:
        yield Claims(sender, connection)


def claim(claims):
    return claims.record_and_claim(None, take=True, campaigns=True)


def give_to_another(row):
    """What a sweeper does once the lease of a row has run out."""
    statement = sa.update(Outbox).where(Outbox.id == row["id"])
    db.session.execute(statement.values(fence=Outbox.fence + 1, state="uncertain"))
    db.session.commit()


def grow_old():
    time.sleep(FRESH_SECONDS)


def test_a_fresh_claim_needs_no_question(claims, monkeypatch):
    """Nobody can have its row: its lease has minutes to go. So nobody is asked, see ADR 11."""
    monkeypatch.setattr(sending_claims, "FRESH_SECONDS", 3600)  # however slow this machine is
    monkeypatch.setattr(settings, "send_lease_seconds", 20 * 3600)
    row = claim(claims)
    give_to_another(row)  # could not happen
    assert claims.fence_check(row["id"])()


def test_an_old_claim_is_asked_about(claims):
    row = claim(claims)
    grow_old()
    assert claims.fence_check(row["id"])()


def test_an_old_claim_that_another_has_is_refused(claims):
    row = claim(claims)
    give_to_another(row)
    grow_old()
    assert not claims.fence_check(row["id"])()


def test_with_a_short_lease_a_claim_grows_old_sooner(claims, monkeypatch):
    monkeypatch.setattr(settings, "send_lease_seconds", 1)
    row = claim(claims)
    give_to_another(row)
    time.sleep(1 / 20)
    assert not claims.fence_check(row["id"])()


def test_a_server_without_copies_is_asked_however_fresh(sink, account, claims):
    claims.sender = replace(claims.sender, sent_copy="none")
    row = claim(claims)
    give_to_another(row)
    assert not claims.fence_check(row["id"])()


def test_a_result_of_a_lost_row_is_not_written(claims):
    row = claim(claims)
    give_to_another(row)
    with pytest.raises(LeaseLost):
        claims.settle(row, Decision(Next.FAIL), words="no", subject="")
