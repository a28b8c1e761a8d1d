"""Pages of campaigns: works, a team mate may, an outsider gets 404, a viewer may only look."""

import io
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from app.campaigns.policies.html import clean_body
from app.campaigns.queries.campaigns import replies_by_day, steps_of
from app.core.db import db
from app.models import (
    Campaign,
    CampaignDay,
    CampaignLead,
    EmailAccount,
    Outbox,
    SendingWindow,
    Step,
)
from tests.factories import make_account, make_campaign, make_campaign_lead, make_lead, make_step


@pytest.fixture
def campaign(in_acme) -> Campaign:
    """A draft with two steps, a sandbox account and three leads."""
    account = make_account("sam@sandbox.test", is_sandbox=True)
    made = make_campaign(accounts=[account], steps=2, name="Autumn")
    for number in range(3):
        make_campaign_lead(made, make_lead(f"lead{number}@people.test"))
    made.leads_count = 3
    db.session.flush()
    return made


def url(campaign: Campaign, rest: str = "") -> str:
    return f"/w/acme/campaigns/{campaign.id}{rest}"


PAGES = ["", "/sequence", "/schedule", "/settings", "/analytics", "/launch", "/leads/new"]


@pytest.mark.parametrize("rest", PAGES)
def test_each_tab_works_for_the_team_and_for_nobody_else(page, cast, campaign, rest):
    answer = page.as_(cast.bob).get(url(campaign, rest))
    assert "Autumn" in answer.text
    page.as_(cast.charlie).get(url(campaign, rest), 404)


@pytest.mark.parametrize("rest", PAGES[:6])
def test_a_viewer_may_look(page, cast, campaign, rest):
    page.as_(cast.vera).get(url(campaign, rest))


@pytest.mark.parametrize(
    "rest",
    ["/launch", "/pause", "/resume", "/settings", "/schedule", "/steps", "/archive", "/delete",
     "/leads/pause", "/leads/resume", "/leads/stop", "/leads/delete", "/leads/imports"],
)  # fmt: skip
def test_a_viewer_may_change_nothing(page, cast, campaign, rest):
    page.as_(cast.vera).post(url(campaign, rest), status=403)
    page.as_(cast.charlie).post(url(campaign, rest), status=404)


def test_the_list_shows_and_finds_campaigns(page, cast, campaign):
    make_campaign(name="Winter", status="archived")
    alice = page.as_(cast.alice)
    assert "Autumn" in alice.get("/w/acme/campaigns").text
    assert "Winter" not in alice.get("/w/acme/campaigns").find("#campaigns").text
    assert "Winter" in alice.get("/w/acme/campaigns?status=archived").text
    assert "No campaign found" in alice.hx("/w/acme/campaigns?q=zzz", "campaigns").text


def test_an_empty_workspace_is_told_what_a_campaign_is(page, cast):
    assert "No campaigns yet" in page.as_(cast.alice).get("/w/acme/campaigns").text


def test_many_campaigns_come_page_by_page(page, cast, in_acme):
    for number in range(55):
        make_campaign(name=f"C{number:02}")
    first = page.as_(cast.alice).get("/w/acme/campaigns")
    more = first.find("#campaigns-more a")["href"]
    rest = page.as_(cast.alice).hx(more, "campaigns-more")
    assert len(rest.soup.select("tr.table__row")) == 5


def test_a_campaign_is_created_with_hours_a_step_and_senders(page, cast, in_acme):
    make_account("sam@sandbox.test")
    alice = page.as_(cast.alice)
    assert "fill this in" in alice.post("/w/acme/campaigns", {"name": " "}, 422).text
    where = alice.post("/w/acme/campaigns", {"name": "Spring"}).location
    made = db.session.scalars(sa.select(Campaign)).one()
    assert where.endswith(f"/w/acme/campaigns/{made.id}")
    assert made.owner_id == cast.alice.id
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Step)) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SendingWindow)) == 5
    assert "sam@sandbox.test" in alice.get(f"/w/acme/campaigns/{made.id}/settings").text


def test_a_launch_needs_green_lines_and_happens_once(page, cast, campaign, rings):
    alice = page.as_(cast.alice)
    assert "3 leads to write to" in alice.get(url(campaign, "/launch")).text
    assert "About 6 mails" in alice.get(url(campaign, "/launch")).text
    alice.post(url(campaign, "/launch"))
    alice.post(url(campaign, "/launch"))
    db.session.refresh(campaign)
    assert campaign.status == "active"
    assert [r.name for r in rings].count("campaigns.plan") == 1


def test_a_launch_of_what_has_come_to_its_end_changes_nothing(page, cast, campaign, rings):
    campaign.status = "completed"
    alice = page.as_(cast.alice)
    where = alice.post(url(campaign, "/launch")).location
    assert "The campaign has finished." in alice.get(where).text
    db.session.refresh(campaign)
    assert campaign.status == "completed"
    assert rings == []


def test_a_launch_that_is_not_ready_is_refused_with_the_reasons(page, cast, in_acme):
    empty = make_campaign()
    answer = page.as_(cast.alice).post(url(empty, "/launch"), status=422)
    for line in ("no steps", "no leads", "No sender account"):
        assert line in answer.text
    db.session.refresh(empty)
    assert empty.status == "draft"


def test_a_member_may_prepare_but_not_launch(page, cast, campaign):
    page.as_(cast.bob).post(url(campaign, "/launch"), status=403)


def test_an_unverified_person_launches_sandbox_accounts_only(page, cast, campaign):
    cast.alice.email_verified_at = None
    alice = page.as_(cast.alice)
    assert "Confirm your own" not in alice.get(url(campaign, "/launch")).text
    account = db.session.scalars(sa.select(EmailAccount)).one()
    account.is_sandbox = False
    launch = alice.get(url(campaign, "/launch"))
    assert "Confirm your own" in launch.text
    assert "/profile" in [link["href"] for link in launch.soup.select("main a")]


def test_pause_and_resume(page, cast, campaign):
    campaign.status = "active"
    alice = page.as_(cast.alice)
    alice.post(url(campaign, "/pause"))
    db.session.refresh(campaign)
    assert campaign.status == "paused"
    alice.post(url(campaign, "/pause"))
    alice.post(url(campaign, "/resume"))
    db.session.refresh(campaign)
    assert campaign.status == "active"


def test_a_draft_cannot_be_paused(page, cast, campaign):
    page.as_(cast.alice).post(url(campaign, "/pause"), status=409)


def test_the_status_line_by_itself(page, cast, campaign):
    assert (
        "not been launched"
        in page.as_(cast.alice).hx(url(campaign, "/status"), "campaign-status").text
    )


def test_leads_are_found_and_told_why_they_wait(page, cast, campaign):
    alice = page.as_(cast.alice)
    assert "Waiting for the campaign to be launched" in alice.get(url(campaign)).text
    found = alice.hx(url(campaign, "?q=lead1@"), "people")
    assert "lead1@people.test" in found.text
    assert "lead2@people.test" not in found.text
    assert "Nobody found" in alice.hx(url(campaign, "?state=replied"), "people").text


def ids_of(campaign: Campaign) -> list[int]:
    return list(
        db.session.scalars(
            sa.select(CampaignLead.id).where(CampaignLead.campaign_id == campaign.id)
        )
    )


def test_leads_are_paused_resumed_stopped_and_removed(page, cast, campaign):
    alice, ids = page.as_(cast.alice), ids_of(campaign)
    for verb, state in (("pause", "paused"), ("resume", "waiting"), ("stop", "stopped")):
        alice.post(url(campaign, f"/leads/{verb}"), {"ids": ids})
        assert {e.state for e in db.session.scalars(sa.select(CampaignLead))} == {state}
    alice.post(url(campaign, "/leads/delete"), {"ids": ids[:2]})
    db.session.refresh(campaign)
    assert (len(ids_of(campaign)), campaign.leads_count) == (1, 1)


def test_leads_of_another_campaign_cannot_be_moved_through_this_one(page, cast, campaign):
    other = make_campaign_lead(make_campaign())
    page.as_(cast.alice).post(url(campaign, "/leads/pause"), {"ids": [other.id]})
    db.session.refresh(other)
    assert other.state == "waiting"


def test_a_list_is_uploaded_into_the_campaign(page, cast, campaign, run_jobs):
    alice = page.as_(cast.alice)
    data = {
        "file": (io.BytesIO(b"email,first name\nnew@x.test,Nia\nlead1@people.test,L\n"), "x.csv")
    }
    where = alice.post(
        url(campaign, "/leads/imports"), data, content_type="multipart/form-data"
    ).location
    assert "/leads/imports/" in where
    assert "First name" in alice.get(where).text
    found = alice.get(where)
    columns = [
        s.find("option", selected=True)["value"] for s in found.soup.select("select[name=column]")
    ]
    assert columns == ["email", "first_name"]
    form = {
        "encoding": "utf-8-sig",
        "delimiter": ",",
        "has_header": "1",
        "existing": "update",
        "column": columns,
    }
    alice.post(f"{where}/mapping", form)
    people = url(campaign)
    run_jobs("leads.check_import")
    report = alice.get(where)
    assert "Already in this campaign" in report.text
    assert "Import 2 leads" in report.text
    alice.post(f"{where}/commit")
    run_jobs("leads.commit_import")
    assert "2 leads are in the campaign" in alice.get(where).text
    assert "new@x.test" in alice.get(people).text


def test_steps_are_written_saved_moved_and_removed(page, cast, campaign):
    alice = page.as_(cast.alice)
    alice.post(url(campaign, "/steps"))
    steps = db.session.scalars(sa.select(Step).order_by(Step.position)).all()
    assert len(steps) == 3
    entry = {
        "subject": "Hi {{ first_name }}",
        "body_html": "<div onclick='x()'>Hi<script>x</script></div>",
    }
    saved = alice.hx_post(url(campaign, f"/steps/{steps[0].id}"), entry)
    assert saved.find("#preview")["hx-swap-oob"] == "true"
    assert steps[0].subject == "Hi {{ first_name }}"
    assert steps[0].body_html == "<div>Hi</div>"
    alice.post(url(campaign, f"/steps/{steps[2].id}/move"), {"to": 1})
    order = db.session.scalars(sa.select(Step.id).order_by(Step.position)).all()
    assert order == [steps[2].id, steps[0].id, steps[1].id]
    alice.post(url(campaign, "/steps/order"), {"step": [s.id for s in steps]})
    alice.post(url(campaign, f"/steps/{steps[1].id}/delete"))
    left = db.session.execute(sa.select(Step.id, Step.position).order_by(Step.position)).all()
    assert [tuple(row) for row in left] == [(steps[0].id, 1), (steps[2].id, 2)]


def test_a_delay_is_saved_by_itself(page, cast, campaign):
    step = db.session.scalars(sa.select(Step).order_by(Step.position)).all()[1]
    alice = page.as_(cast.alice)
    alice.hx_post(
        url(campaign, f"/steps/{step.id}/delay"), {"delay_amount": "5", "delay_unit": "hours"}
    )
    db.session.refresh(step)
    assert (step.delay_amount, step.delay_unit) == (5, "hours")


def test_merge_tags_survive_the_cleaning(page, cast, campaign):
    step = db.session.scalars(sa.select(Step).order_by(Step.position)).first()
    body = '<div>{{ first_name | default: "there" }} <a href="{{ website }}">x</a> <a href="https://x.test/?a=1&amp;b=2">y</a></div>'
    page.as_(cast.alice).post(
        url(campaign, f"/steps/{step.id}"), {"subject": "S", "body_html": body}
    )
    db.session.refresh(step)
    assert '{{ first_name | default: "there" }}' in step.body_html
    assert 'href="{{ website }}"' in step.body_html.replace("%20", " ").replace("%7B", "{").replace(
        "%7D", "}"
    )


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ('<p class="MsoNormal"><o:p>Hi</o:p><!--[if gte mso 9]><xml>x</xml><![endif]--></p>', "<p>Hi</p>"),
        ('<div style="color:red" class="gmail_default">Hi</div>', "<div>Hi</div>"),
        ('<style>p{color:red}</style><script>alert(1)</script>Hi<iframe src="//x"></iframe>', "Hi"),
        ('Hi<img src="cid:image001.png" alt="a > b">', "Hi"),
        ('Hi<img src="data:image/png;base64,AA==">', "Hi"),
        ('<img src="https://x.test/a.png" alt="x">', '<img src="https://x.test/a.png" alt="x">'),
        ('<img src="{{ logo }}">', '<img src="{{ logo }}">'),
        ('<a href="javascript:alert(1)" onclick="x()">Hi</a>', "<a>Hi</a>"),
    ],
)  # fmt: skip
def test_what_is_pasted_from_elsewhere_is_cleaned(pasted, kept):
    assert clean_body(pasted) == kept
    assert clean_body(kept) == kept


def test_a_refused_step_keeps_what_was_there(page, cast, campaign):
    step = db.session.scalars(sa.select(Step).order_by(Step.position)).all()[1]
    alice = page.as_(cast.alice)
    bad = {"subject": "x" * 501, "body_html": "y"}
    assert "at most 500" in alice.hx_post(url(campaign, f"/steps/{step.id}"), bad, 422).text
    assert "at most 500" in alice.post(url(campaign, f"/steps/{step.id}"), bad, 422).text
    late = {"delay_amount": "400", "delay_unit": "days"}
    assert "a year" in alice.hx_post(url(campaign, f"/steps/{step.id}/delay"), late, 422).text
    db.session.refresh(step)
    assert step.subject == ""


def test_the_preview_fills_a_real_lead_and_names_what_is_missing(page, cast, campaign):
    step = make_step(
        campaign, position=3, subject="For {{ first_name }}", body_html="<p>{{ title }}</p>"
    )
    alice = page.as_(cast.alice)
    preview = alice.hx(url(campaign, f"/sequence?step={step.id}"), "preview")
    assert "For Lea" in preview.text
    assert "No value for title" in preview.text
    body = alice.client.get(url(campaign, f"/steps/{step.id}/preview"))
    assert "[title]" in body.text
    assert "sandbox" in body.headers["Content-Security-Policy"]


def test_a_test_mail_goes_to_an_address_filled_in(page, cast, campaign):
    step = db.session.scalars(sa.select(Step).order_by(Step.position)).first()
    alice = page.as_(cast.alice)
    alice.get(url(campaign, f"/steps/{step.id}/test"))
    assert (
        "email address"
        in alice.post(url(campaign, f"/steps/{step.id}/test"), {"email": "x"}, 422).text
    )
    alice.post(url(campaign, f"/steps/{step.id}/test"), {"email": "me@acme.test"})
    row = db.session.scalars(sa.select(Outbox)).one()
    assert (row.kind, row.to_email, row.subject) == ("test", "me@acme.test", "Hello Lea")


def schedule(**over):
    values = {
        "time_zone": "Europe/Berlin",
        "weekday": ["0", "0"],
        "start": ["09:00", "13:00"],
        "end": ["12:00", "00:00"],
    }
    return {**values, **over}


def test_the_schedule_is_saved_with_its_windows(page, cast, campaign):
    alice = page.as_(cast.alice)
    alice.post(
        url(campaign, "/schedule"),
        schedule(daily_cap="40", starts_on="2026-12-01", ends_on="2026-12-24"),
    )
    db.session.refresh(campaign)
    rows = db.session.scalars(sa.select(SendingWindow).order_by(SendingWindow.start_minute)).all()
    assert [(r.weekday, r.start_minute, r.end_minute) for r in rows] == [
        (0, 540, 720),
        (0, 780, 1440),
    ]
    assert (campaign.time_zone, campaign.daily_cap) == ("Europe/Berlin", 40)
    shown = alice.get(url(campaign, "/schedule"))
    assert shown.find("#f-starts_on")["value"] == "2026-12-01"
    assert shown.find("#f-ends_on")["value"] == "2026-12-24"
    alice.post(url(campaign, "/schedule"), {"time_zone": "UTC", "always_open": "1"})
    assert "checked" in alice.get(url(campaign, "/schedule")).find("#f-always_open").attrs


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"time_zone": "Mars/One"}, "time zone"),
        ({"weekday": [], "start": [], "end": []}, "at least one window"),
        ({"weekday": ["1"]}, "fill this in"),
        ({"end": ["08:00", "14:00"]}, "end after it starts"),
        ({"start": ["9 o'clock", "13:00"]}, "times like 08:30"),
        ({"starts_on": "2026-12-02", "ends_on": "2026-12-01"}, "before the first"),
        ({"daily_cap": "0"}, "1 or more"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(page, cast, campaign, over, said):
    answer = page.as_(cast.alice).post(url(campaign, "/schedule"), schedule(**over), 422)
    assert said in answer.text


def test_a_wrong_window_is_told_on_its_line_and_none_of_it_moves(page, cast, campaign):
    typed = {"weekday": ["0", "", "2"], "start": ["09:00", "", ""], "end": ["08:00", "", "17:00"]}
    answer = page.as_(cast.alice).post(url(campaign, "/schedule"), schedule(**typed), 422)
    lines = answer.soup.select(".windows__line")[:2]
    assert [line.select_one("[name=end]")["value"] for line in lines] == ["08:00", "17:00"]
    assert lines[1].select_one("[name=start]")["value"] == ""
    assert "end after it starts" in lines[0].text
    assert "fill this in" in lines[1].text
    assert lines[0].select_one("[aria-invalid]")["name"] == "end"
    assert lines[1].select_one("[aria-invalid]")["name"] == "start"


def test_settings_are_saved(page, cast, campaign):
    other = make_account("bo@sandbox.test")
    alice = page.as_(cast.alice)
    alice.post(
        url(campaign, "/settings"),
        {"name": "Renamed", "account_ids": [other.id], "track_clicks": "1"},
    )
    db.session.refresh(campaign)
    assert (campaign.name, campaign.track_opens, campaign.track_clicks) == ("Renamed", False, True)
    found = alice.get(url(campaign, "/settings")).soup.select("input[name=account_ids][checked]")
    assert [box["value"] for box in found] == [str(other.id)]
    alice.post(url(campaign, "/settings"), {"name": "X", "account_ids": [999_999]}, 422)
    alice.post(url(campaign, "/settings"), {"name": ""}, 422)


def test_archive_restore_delete(page, cast, campaign):
    alice = page.as_(cast.alice)
    alice.post(url(campaign, "/archive"))
    alice.post(url(campaign, "/archive/delete"))
    db.session.refresh(campaign)
    assert campaign.status == "draft"
    alice.post(url(campaign, "/delete"))
    alice.get(url(campaign), 404)
    assert {e.state for e in db.session.scalars(sa.select(CampaignLead))} == {"stopped"}


def test_the_palette_finds_campaigns(page, cast, campaign):
    assert "Autumn" in page.as_(cast.alice).hx("/w/acme/palette?q=autu", "palette-results").text


def test_the_card_beside_a_conversation(app, page, cast, campaign):
    entry = ids_of(campaign)[0]
    alice = page.as_(cast.alice)
    alice.post(url(campaign, f"/leads/{entry}/stop"))
    assert db.session.get_one(CampaignLead, entry).state == "stopped"
    answer = alice.hx_post(url(campaign, f"/leads/{entry}/resume"))
    assert answer.response.headers["HX-Trigger"] == "campaigns:lead-changed"
    assert db.session.get_one(CampaignLead, entry).state == "waiting"
    alice.post(url(campaign, "/leads/999999/stop"), status=404)


def test_replies_by_day_end_with_today_of_the_campaigns_own_zone(campaign, freeze):
    east = make_campaign(name="East", time_zone="Asia/Tokyo")
    for owner, day, count in [(campaign, 10, 4), (campaign, 8, 1), (east, 11, 2), (east, 8, 9)]:
        counted = CampaignDay(campaign_id=owner.id, day=date(2026, 3, day), replied=count)
        db.session.add(counted)
    db.session.flush()
    with freeze(datetime(2026, 3, 10, 23, 30, tzinfo=UTC)):
        found = replies_by_day([campaign, east], days=3)
    assert found == {campaign.id: [1, 0, 4], east.id: [0, 0, 2]}


def test_dragged_steps_stand_in_their_new_order(page, cast, campaign):
    first, second = steps_of(campaign.id)
    alice = page.as_(cast.alice)
    form = alice.get(url(campaign, "/sequence")).find("#step-order")
    answer = alice.post(form["action"], {"step": [second.id, first.id], "moved": first.id}, 303)
    assert answer.response.headers["Location"].endswith(f"#step-handle-{first.id}")
    assert alice.get(url(campaign, "/sequence")).find(f"#step-handle-{first.id}")
    assert [step.id for step in steps_of(campaign.id)] == [second.id, first.id]
