"""Pages of accounts: each works, for a teammate, not for outsiders, not to change for viewers."""

from __future__ import annotations

import pytest

from app.accounts import queries
from app.core.clock import utcnow
from app.core.db import db
from app.core.settings import settings
from app.core.tenancy import workspace_context
from app.models import AccountDay, EmailAccount
from tests.accounts.conftest import Mailbox
from tests.conftest import Cast
from tests.factories.accounts import make_account
from tests.pages import PageClient
from tests.servers.dns import dns_server

HOME = "/w/acme/accounts"


@pytest.fixture
def account(in_acme: Cast) -> EmailAccount:
    found = make_account("ann@firm.test", from_name="Ann Example")
    db.session.commit()
    return found


def state(account_id: int, cast: Cast) -> EmailAccount | None:
    with workspace_context(cast.acme.id):
        return queries.find_account(account_id)


def test_list(page: PageClient, cast: Cast, account: EmailAccount) -> None:
    db.session.add(AccountDay(account_id=account.id, day=utcnow().date(), campaign_sent=7))
    make_account("broken@firm.test", status="reconnect_required", status_reason="535 no")
    db.session.commit()
    answer = page.as_(cast.alice).get(HOME)
    assert "ann@firm.test" in answer.text
    assert "7 of 1,000" in answer.text
    assert "535 no" in answer.text
    assert "1 account needs you" in str(answer.soup)


def test_empty_list(page: PageClient, cast: Cast) -> None:
    assert "No accounts yet" in page.as_(cast.alice).get(HOME).text


def test_every_page_for_every_kind_of_person(
    page: PageClient, cast: Cast, account: EmailAccount
) -> None:
    show = f"{HOME}/{account.id}"
    for url in (HOME, show):
        page.as_(cast.bob).get(url)
        page.as_(cast.vera).get(url)
        page.as_(cast.charlie).get(url, status=404)
    for url in (f"{HOME}/add", f"{show}/reconnect"):
        page.as_(cast.alice).get(url)
        page.as_(cast.vera).get(url, status=403)
        page.as_(cast.charlie).get(url, status=404)
    acts = ("", "/pause", "/resume", "/remove", "/test", "/reconnect")
    for url in (HOME, f"{HOME}/discover", *(show + act for act in acts)):
        page.as_(cast.vera).post(url, status=403)
        page.as_(cast.charlie).post(url, status=404)
    page.as_(cast.charlie).post(f"/w/other/accounts/{account.id}/remove", status=404)
    found = state(account.id, cast)
    assert found is not None
    assert found.status == "connected"


def test_viewer_is_offered_nothing_to_change(
    page: PageClient, cast: Cast, account: EmailAccount
) -> None:
    answer = page.as_(cast.vera).get(f"{HOME}/{account.id}")
    assert "Save settings" not in answer.text
    assert all(field.has_attr("disabled") for field in answer.soup.select("#f-daily_limit"))
    assert "Add account" not in page.as_(cast.vera).get(HOME).text


@pytest.mark.dovecot
def test_connect(page: PageClient, cast: Cast, mailbox: Mailbox) -> None:
    asked = page.as_(cast.alice).get(f"{HOME}/add").find("input#f-provider_name")
    answer = page.as_(cast.alice).post(HOME, mailbox.form(**{asked["name"]: "Our own server"}))
    follow = page.as_(cast.alice).get(answer.location)
    assert mailbox.email in follow.text
    assert "Our own server" in page.as_(cast.alice).get(HOME).text
    assert "secret" not in str(follow.soup)
    page.as_(cast.alice).post(HOME, mailbox.form(), status=422)


@pytest.mark.dovecot
def test_connect_by_htmx_shows_each_step(page: PageClient, cast: Cast, mailbox: Mailbox) -> None:
    mailbox.sink.script["auth"] = "535 5.7.8 Application-specific password required"
    answer = page.as_(cast.alice).hx_post(HOME, mailbox.form(), status=422)
    assert answer.find("form#account-form")
    assert "535 5.7.8 Application-specific password required" in answer.text
    assert "Sign in to IMAP (fine)" in answer.text
    assert answer.find("#f-email")["value"] == mailbox.email
    assert "secret" not in str(answer.soup)
    with workspace_context(cast.acme.id):
        assert queries.list_accounts() == []


def test_connect_with_nonsense(page: PageClient, cast: Cast) -> None:
    bad = {"email": "x", "imap_host": "http://x", "imap_port": "abc", "smtp_port": "99999"}
    answer = page.as_(cast.alice).post(HOME, bad, status=422)
    for name in ("email", "password", "imap_host", "imap_port", "smtp_host", "smtp_port"):
        assert answer.find(f"#f-{name}")["aria-invalid"] == "true"


def test_discover_fills_the_servers_in(page: PageClient, cast: Cast) -> None:
    with dns_server({("firm.test", "MX"): ["10 mx1.mail.ovh.net."]}) as server:
        before, settings.dns_server = settings.dns_server, server
        try:
            answer = page.as_(cast.alice).hx_post(f"{HOME}/discover", {"email": "a@firm.test"})
        finally:
            settings.dns_server = before
    assert answer.soup.select_one("#account-servers") is not None
    assert answer.find("#f-imap_host")["value"] == "ssl0.ovh.net"
    assert "OVHcloud" in answer.text


def test_discover_what_nobody_knows(page: PageClient, cast: Cast) -> None:
    answer = page.as_(cast.alice).hx_post(f"{HOME}/discover", {"email": "nonsense"})
    assert answer.find("#f-imap_host")["value"] == ""


@pytest.mark.dovecot
def test_connection_can_be_tried(page: PageClient, cast: Cast, mailbox: Mailbox) -> None:
    shown = page.as_(cast.alice).post(HOME, mailbox.form()).location
    assert "Everything works" in page.as_(cast.alice).hx_post(f"{shown}/test").text
    whole = page.as_(cast.alice).post(f"{shown}/test", status=200)
    assert "Everything works" in whole.text
    assert "Save settings" in whole.text
    mailbox.sink.script["auth"] = "535 5.7.8 Changed your mind?"
    assert "Changed your mind?" in page.as_(cast.alice).hx_post(f"{shown}/test").text


@pytest.mark.dovecot
def test_reconnect(page: PageClient, cast: Cast, mailbox: Mailbox) -> None:
    with workspace_context(cast.acme.id):
        account = make_account(mailbox.email, status="reconnect_required")
        db.session.commit()
        account_id = account.id
    url = f"{HOME}/{account_id}/reconnect"
    form = mailbox.form()
    form.pop("email")
    refused = page.as_(cast.alice).post(url, {**form, "password": "wrong"}, status=422)
    assert "uthentication failed" in refused.text
    page.as_(cast.alice).post(url, form)
    with workspace_context(cast.acme.id):
        found = queries.get_account(account_id)
        assert (found.status, found.credentials["imap_password"]) == ("connected", "secret")


def test_settings(page: PageClient, cast: Cast, account: EmailAccount) -> None:
    url = f"{HOME}/{account.id}"
    values = {
        "from_name": "Ann",
        "daily_limit": "25",
        "ramp_enabled": "1",
        "ramp_start": "5",
        "ramp_step": "3",
        "gap_minutes": "8",
        "jitter_minutes": "6",
        "time_zone": "Europe/Vienna",
        "sent_copy": "provider",
        "signature_html": "<p>Ann</p>",
    }
    page.as_(cast.alice).post(url, values)
    found = state(account.id, cast)
    assert found is not None
    assert (found.daily_limit, found.ramp_step, found.gap_seconds) == (25, 3, 480)
    refused = page.as_(cast.alice).post(url, {**values, "daily_limit": "0"}, status=422)
    assert refused.find("#f-daily_limit")["aria-invalid"] == "true"


def test_pause_resume_remove(page: PageClient, cast: Cast, account: EmailAccount) -> None:
    url = f"{HOME}/{account.id}"
    page.as_(cast.alice).post(f"{url}/pause")
    assert "paused" in page.as_(cast.alice).get(url).text
    page.as_(cast.alice).post(f"{url}/resume")
    page.as_(cast.alice).post(f"{url}/remove")
    page.as_(cast.alice).get(url, status=404)
    assert state(account.id, cast) is None


def test_resume_of_a_broken_account_is_refused(page: PageClient, cast: Cast) -> None:
    with workspace_context(cast.acme.id):
        account = make_account(status="reconnect_required")
        db.session.commit()
        url = f"{HOME}/{account.id}"
    page.as_(cast.alice).post(f"{url}/resume", status=409)
    assert "has to be reconnected" in page.as_(cast.alice).get(url).text


def test_workspace_in_the_form_is_ignored(
    page: PageClient, cast: Cast, account: EmailAccount
) -> None:
    values = {"daily_limit": "9", "workspace_id": str(cast.other.id), "is_sandbox": "1"}
    page.as_(cast.alice).post(f"{HOME}/{account.id}", values)
    found = state(account.id, cast)
    assert found is not None
    assert (found.workspace_id, found.is_sandbox) == (cast.acme.id, False)


def test_sandbox_accounts_are_offered_where_there_is_a_sandbox(
    page: PageClient, cast: Cast, account: EmailAccount
) -> None:
    assert "andbox accounts" not in page.as_(cast.alice).get(HOME).text
    before = (settings.sandbox_key, settings.sandbox_smtp_port, settings.sandbox_imap_port)
    settings.sandbox_key, settings.sandbox_smtp_port, settings.sandbox_imap_port = "key", 1, 1
    try:
        for url in (HOME, f"{HOME}/add"):
            answer = page.as_(cast.alice).get(url)
            assert answer.find('form[action="/w/acme/sandbox/accounts"]')
    finally:
        settings.sandbox_key, settings.sandbox_smtp_port, settings.sandbox_imap_port = before
