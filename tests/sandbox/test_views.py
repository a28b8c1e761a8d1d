"""Pages of the sandbox room."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.settings import settings
from app.core.tenancy import workspace_context
from app.models import EmailAccount
from app.sandbox.passwords import SYSTEM_ADDRESS, sandbox_password
from app.sandbox.persons import person
from tests.factories import make_lead
from tests.sandbox.world import KEY

pytestmark = pytest.mark.usefixtures("configured")


def accounts(cast):
    with workspace_context(cast.acme.id):
        return list(db.session.scalars(sa.select(EmailAccount).order_by(EmailAccount.id)))


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.response.text)))


def test_the_page_offers_accounts_leads_and_the_demo(page, cast):
    found = page.as_(cast.alice).get("/w/acme/sandbox")
    assert found.find("form[action='/w/acme/sandbox/accounts']")
    assert found.find("a[href='/w/acme/sandbox/leads.csv']")
    assert "anna+reply@" in found.text


def test_two_accounts_at_once(page, cast):
    page.as_(cast.alice).post("/w/acme/sandbox/accounts")
    mia, jonas = accounts(cast)
    assert (mia.email, jonas.email) == (
        "mia.lang@acme.sandbox.test",
        "jonas.brandt@acme.sandbox.test",
    )
    assert mia.is_sandbox
    assert (mia.sent_copy, mia.ramp_enabled, mia.status) == ("provider", False, "connected")
    assert mia.gap_seconds + mia.gap_jitter_seconds <= 5
    with workspace_context(cast.acme.id):
        secret = db.session.scalar(sa.select(EmailAccount.credentials).filter_by(id=mia.id))
    assert secret["smtp_password"] == sandbox_password(KEY, mia.email)


def test_each_click_brings_two_others_until_all_are_there(page, cast):
    alice = page.as_(cast.alice)
    for _click in range(5):
        alice.post("/w/acme/sandbox/accounts")
    assert len({account.email for account in accounts(cast)}) == 10
    alice.post("/w/acme/sandbox/accounts", status=409)


@pytest.mark.parametrize("path", ["accounts", "demo"])
def test_a_viewer_may_not_and_an_outsider_sees_nothing(page, cast, path):
    seen = page.as_(cast.vera).get("/w/acme/sandbox").soup
    assert seen.select(f"form[action$='/sandbox/{path}']") == []
    page.as_(cast.vera).post(f"/w/acme/sandbox/{path}", status=403)
    page.as_(cast.charlie).post(f"/w/acme/sandbox/{path}", status=404)
    assert accounts(cast) == []


def test_the_list_has_twenty_people_with_everything_a_mail_needs(page, cast):
    answer = page.as_(cast.bob).get("/w/acme/sandbox/leads.csv")
    rows = rows_of(answer)
    assert len({row["Email"] for row in rows}) == 20
    assert all(row["First name"] and row["Company"] for row in rows)
    assert all(row["Email"].endswith(".sandbox.test") for row in rows)


def test_the_next_list_has_others(page, cast):
    from app.core.tenancy import workspace_context

    first = {row["Email"] for row in rows_of(page.as_(cast.bob).get("/w/acme/sandbox/leads.csv"))}
    with workspace_context(cast.acme.id):
        for email in first:
            make_lead(email)
        db.session.commit()
    second = {row["Email"] for row in rows_of(page.as_(cast.bob).get("/w/acme/sandbox/leads.csv"))}
    assert len(second) == 20
    assert not first & second


def test_without_a_sandbox_there_are_no_doors(page, cast):
    settings.sandbox_key = ""
    for path in ("/w/acme/sandbox", "/w/acme/sandbox/leads.csv", "/sandbox/mail"):
        page.as_(cast.alice).get(path, status=404)


def test_signed_in_one_reads_only_ones_own_mail(page, cast, connected):
    connected.send(SYSTEM_ADDRESS, "alice@acme.test", "Confirm your address")
    connected.send(SYSTEM_ADDRESS, "bob@acme.test", "Set a new password")
    found = page.as_(cast.alice).get("/sandbox/mail")
    assert "Confirm your address" in found.text
    assert "Set a new password" not in found.text
    piece = page.as_(cast.alice).hx("/sandbox/mail", "sandbox-mails")
    assert "Confirm your address" in piece.text
    assert "Set a new password" not in piece.text


def test_an_address_that_contains_mine_is_not_mine(page, cast, connected):
    connected.send(SYSTEM_ADDRESS, "malice@acme.test", "Not for Alice")
    assert "Not for Alice" not in page.as_(cast.alice).get("/sandbox/mail").text


def test_campaign_mail_is_never_shown_here(page, cast, connected):
    connected.send("mia@other.sandbox.test", "alice@acme.sandbox.test", "A secret of another team")
    connected.send("mia@other.sandbox.test", "anna+silent@x.sandbox.test", "Another secret")
    assert "secret" not in page.get("/sandbox/mail").text


def test_before_signing_in_everything_is_shown_and_the_page_says_so(page, app, connected):
    connected.send(SYSTEM_ADDRESS, "new@example.com", "Confirm your address")
    found = page.get("/sandbox/mail")
    assert "Confirm your address" in found.text
    assert "Everybody at this machine can read this." in found.text


@pytest.mark.parametrize(
    "origin",
    [
        {"environ_overrides": {"REMOTE_ADDR": "192.0.2.9"}},
        {"headers": {"Host": "rebound.example:8000"}},
        {"headers": {"X-Forwarded-For": "192.0.2.9"}},  # a proxy nobody told us of
    ],
)
def test_nobody_unknown_reads_it_from_elsewhere(page, connected, origin):
    connected.send(SYSTEM_ADDRESS, "new@example.com", "Set a new password")
    answer = page.client.get("/sandbox/mail", **origin)
    assert answer.status_code == 302
    assert answer.location == "/auth/login?next=%2Fsandbox%2Fmail"


def test_in_production_one_must_sign_in(page, cast, connected):
    connected.send(SYSTEM_ADDRESS, "alice@acme.test", "Confirm your address")
    settings.env = "production"
    try:
        answer = page.get("/sandbox/mail", status=302)
        assert "/auth/login" in answer.location
        found = page.as_(cast.alice).get("/sandbox/mail")
    finally:
        settings.env = "test"
    assert "Confirm your address" in found.text


def test_a_world_that_is_down_is_said(page, cast):
    found = page.as_(cast.alice).get("/sandbox/mail")
    assert "The sandbox does not answer" in found.text


def test_links_in_mail_can_be_clicked_and_markup_is_only_text(page, cast, connected):
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SYSTEM_ADDRESS, "alice@acme.test", "<b>Hi</b>"
    mail["Message-ID"] = "<1@sandbox.test>"
    mail.set_content("<script>alert(1)</script> http://127.0.0.1:8000/auth/verify/abc\n")
    with connected.smtp(SYSTEM_ADDRESS) as server:
        server.send_message(mail)
    found = page.as_(cast.alice).get("/sandbox/mail")
    assert found.find("a[href='http://127.0.0.1:8000/auth/verify/abc']")
    assert "<script>alert(1)</script>" in found.text


def test_people_do_not_repeat():
    assert len({person(number).email for number in range(10_000)}) == 10_000


def test_the_demo_can_be_run_and_run_again(page, cast):
    alice = page.as_(cast.alice)
    first = alice.post("/w/acme/sandbox/demo").location
    second = alice.post("/w/acme/sandbox/demo").location
    assert first != second
    found = alice.get("/w/acme/sandbox")
    assert "Run the demo again" in found.text
    assert found.find(f"a[href='{second}']")


@pytest.mark.committed
@pytest.mark.parametrize("path", ["accounts", "demo"])
def test_two_clicks_at_once_wait_for_each_other(app, page, cast, path):
    from app.core.tenancy import unscoped
    from app.models import Campaign

    browsers = [page.as_(cast.alice) for _click in range(2)]
    for browser in browsers:
        browser.get("/w/acme/sandbox")
    tokens = [browser._token() for browser in browsers]
    url = f"/w/acme/sandbox/{path}"

    def click(number):
        answer = browsers[number].client.post(url, headers={"X-CSRFToken": tokens[number]})
        return answer.status_code

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(click, range(2))) == [303, 303]
    with unscoped("the test counts everything"):
        addresses = set(db.session.scalars(sa.select(EmailAccount.email)))
        states = sorted(db.session.scalars(sa.select(Campaign.status)))
    if path == "accounts":
        assert len(addresses) == 4
    else:
        assert states == ["active", "paused"]
