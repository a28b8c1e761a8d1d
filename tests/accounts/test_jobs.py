"""Accounts that could not be reached are tried again by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.accounts import jobs, queries
from app.core.db import db
from app.core.tenancy import workspace_context
from tests.accounts.conftest import Mailbox
from tests.factories.accounts import make_account

pytestmark = pytest.mark.dovecot


def account_of(mailbox: Mailbox, password: str = "secret") -> int:
    credentials = {
        "imap_username": mailbox.email,
        "imap_password": password,
        "smtp_username": mailbox.email,
        "smtp_password": password,
    }
    account = make_account(
        mailbox.email,
        imap_port=mailbox.dovecot.port,
        smtp_port=mailbox.sink.port,
        credentials=credentials,
        status="disconnected",
    )
    db.session.commit()
    return account.id


def sweep(run_jobs: Callable[..., list[str]]) -> list[str]:
    with workspace_context(None):
        jobs.check_disconnected()
        jobs.check_disconnected()
    return run_jobs("accounts.check")


def test_server_that_is_back(in_acme: Any, mailbox: Mailbox, run_jobs: Any) -> None:
    account_id = account_of(mailbox)
    assert sweep(run_jobs) == ["accounts.check"]
    assert queries.get_account(account_id).status == "connected"
    assert sweep(run_jobs) == []


def test_password_refused_meanwhile(in_acme: Any, mailbox: Mailbox, run_jobs: Any) -> None:
    account_id = account_of(mailbox, password="old")
    sweep(run_jobs)
    assert queries.get_account(account_id).status == "reconnect_required"


def test_still_away(in_acme: Any, mailbox: Mailbox, run_jobs: Any) -> None:
    account_id = account_of(mailbox)
    mailbox.sink.script["connect"] = "drop"
    sweep(run_jobs)
    assert queries.get_account(account_id).status == "disconnected"


def test_removed_meanwhile(in_acme: Any, mailbox: Mailbox) -> None:
    account_id = account_of(mailbox)
    queries.get_account(account_id).removed_at = queries.utcnow()
    db.session.commit()
    jobs.check(account_id)
    assert queries.find_account(account_id) is None
