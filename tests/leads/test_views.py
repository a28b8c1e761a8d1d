"""Pages of leads: the list, imports, the do-not-contact list; for the team, viewers, outsiders."""

import csv
import io

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.leads.services import suppress
from app.models import Lead, LeadImport, Suppression
from tests.factories import make_lead

BASE = "/w/acme/leads"


@pytest.mark.parametrize("rest", ["", "/do-not-contact", "/imports/new"])
def test_pages_for_the_team_and_nobody_else(page, cast, in_acme, rest):
    page.as_(cast.bob).get(BASE + rest)
    page.as_(cast.charlie).get(BASE + rest, 404)


def test_a_viewer_may_look_and_change_nothing(page, cast, in_acme):
    vera = page.as_(cast.vera)
    vera.get(BASE)
    vera.get(f"{BASE}/do-not-contact")
    for rest in ("/imports", "/do-not-contact", "/imports/1/commit", "/imports/1/mapping"):
        vera.post(BASE + rest, status=403)


def test_leads_are_listed_and_found(page, cast, in_acme):
    make_lead("ann@a.test", first_name="Ann", last_name="Lee", company="Acorn")
    make_lead("bob@b.test", first_name="Bob", company="100 % Bolt")
    alice = page.as_(cast.alice)
    assert "Ann Lee" in alice.get(BASE).text
    found = alice.hx(f"{BASE}?q=lee+acorn", "leads").text
    assert "ann@a.test" in found
    assert "bob@b.test" not in found
    assert "bob@b.test" in alice.hx(f"{BASE}?q=100+%25", "leads").text
    assert "Nobody found" in alice.hx(f"{BASE}?q=%25%25", "leads").text


def test_an_empty_workspace_is_told_what_leads_are(page, cast):
    assert "No leads yet" in page.as_(cast.alice).get(BASE).text


def test_many_leads_come_page_by_page(page, cast, in_acme):
    for _ in range(53):
        make_lead()
    alice = page.as_(cast.alice)
    more = alice.get(BASE).find("#leads-more a")["href"]
    assert len(alice.hx(more, "leads-more").soup.select("tr.table__row")) == 3


def upload(browser, data: bytes, status: int = 303, name: str = "people.csv"):
    form = {"file": (io.BytesIO(data), name)}
    return browser.post(f"{BASE}/imports", form, status, content_type="multipart/form-data")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04 \x00\x00", "Excel workbook"),
        (b"%PDF-1.4", "PDF"),
        (b"", "empty"),
        (b"email\n", "no rows below"),
    ],
)
def test_bad_files_are_refused_with_a_sentence(page, cast, in_acme, data, said):
    assert said in upload(page.as_(cast.alice), data, 422).text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LeadImport)) == 0


def test_an_upload_without_a_file_is_refused(page, cast, in_acme):
    assert "choose a file" in page.as_(cast.alice).post(f"{BASE}/imports", status=422).text


LIST = b"""email,name,note
ann@a.test,Ann Lee,=cmd()
ANN@a.test,Twice,x
nobody,Bad,@SUM(A1)
,None,
"""


def mapping(**over):
    values = {
        "encoding": "utf-8-sig",
        "delimiter": ",",
        "has_header": "1",
        "existing": "update",
        "column": ["email", "full_name", "custom"],
    }
    return {**values, **over}


def test_a_list_goes_all_the_way_in(page, cast, in_acme, run_jobs):
    alice = page.as_(cast.alice)
    where = upload(alice, LIST).location
    shown = alice.get(where)
    assert "Ann Lee" in shown.text
    alice.post(f"{where}/mapping", mapping())
    assert "Checking the list" in alice.get(where).text
    run_jobs("leads.check_import")
    report = alice.hx(where, "import")
    for line in ("Import 1 lead", "Invalid email address", "Repeated in this file"):
        assert line in report.text
    alice.hx_post(f"{where}/commit")
    run_jobs("leads.commit_import")
    assert "1 lead is in" in alice.get(where).text
    lead = db.session.scalars(sa.select(Lead)).one()
    assert (lead.first_name, lead.last_name, lead.custom) == ("Ann", "Lee", {"note": "=cmd()"})
    alice.post(f"{where}/delete", status=409)


def test_skipped_rows_can_be_downloaded_and_opened_safely(page, cast, in_acme, run_jobs):
    alice = page.as_(cast.alice)
    where = upload(alice, LIST).location
    alice.post(f"{where}/mapping", mapping())
    run_jobs("leads.check_import")
    with alice.client.get(f"{where}/skipped.csv") as answer:
        text = answer.get_data().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows == [
        ["Row", "Reason", "Email address", "First name", "Last name", "note"],
        ["3", "Repeated in this file", "ann@a.test", "Twice", "", "x"],
        ["4", "Invalid email address", "nobody", "Bad", "", "'@SUM(A1)"],
        ["5", "No email address", "", "None", "", ""],
    ]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "@", "+", "-"))]
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_mapping_is_refused_without_an_address(page, cast, in_acme):
    alice = page.as_(cast.alice)
    where = upload(alice, LIST).location
    bad = mapping(column=["skip", "skip", "skip"])
    assert "holds the email address" in alice.post(f"{where}/mapping", bad, 422).text
    assert "holds the email address" in alice.hx_post(f"{where}/mapping", bad, 422).text
    alice.post(f"{where}/mapping", mapping(column=["email", "nonsense", "skip"]), 422)


def test_a_file_can_be_read_in_another_way(page, cast, in_acme):
    alice = page.as_(cast.alice)
    where = upload(alice, "email;имя\na@b.test;Анна\n".encode("cp1251")).location
    assert "Анна" not in alice.get(where).text
    assert "Анна" in alice.hx(f"{where}?encoding=cp1251&delimiter=;&has_header=1", "import").text
    assert "imp" in alice.hx(f"{where}?encoding=nonsense&delimiter=x", "import").response.text


@pytest.mark.parametrize("state", ["checking", "committing", "done"])
def test_going_back_to_the_columns_shows_where_the_list_is_now(page, cast, in_acme, state):
    alice = page.as_(cast.alice)
    where = upload(alice, LIST).location
    db.session.execute(sa.update(LeadImport).values(state=state))
    shown = alice.get(f"{where}?map=1")
    assert not shown.soup.select("[name=column]")


def test_an_encoding_that_cannot_be_is_a_sentence(page, cast, in_acme):
    alice = page.as_(cast.alice)
    where = upload(alice, LIST).location
    shown = alice.hx(f"{where}?map=1&encoding=utf-16&delimiter=,", "import")
    assert "not written in this encoding" in shown.text
    wrong = mapping(encoding="utf-16")
    assert "not written in this encoding" in alice.post(f"{where}/mapping", wrong, 422).text


def test_zero_bytes_in_a_heading_are_left_out(page, cast, in_acme):
    upload(page.as_(cast.alice), b"\xef\xbb\xbfEm\x00ail,Na\x00me\na@b.test,Ann\n")
    assert db.session.scalar(sa.select(LeadImport.mapping))["names"] == ["Email", "Name"]


def test_a_list_can_be_discarded(page, cast, in_acme):
    alice = page.as_(cast.alice)
    where = upload(alice, LIST).location
    assert "waits for you" in alice.get(BASE).text
    alice.post(f"{where}/delete")
    alice.get(where, 404)


def test_another_workspace_s_import_does_not_exist(page, cast, in_acme):
    where = upload(page.as_(cast.alice), LIST).location
    stolen = where.replace("/w/acme/", "/w/other/")
    page.as_(cast.charlie).get(stolen, 404)
    page.as_(cast.charlie).post(f"{stolen}/commit", status=404)


def test_the_do_not_contact_list(page, cast, in_acme):
    alice = page.as_(cast.alice)
    assert "Nobody is blocked" in alice.get(f"{BASE}/do-not-contact").text
    assert "address (" in alice.post(f"{BASE}/do-not-contact", {"value": "x y"}, 422).text
    alice.post(f"{BASE}/do-not-contact", {"value": " Ann@A.test "})
    alice.post(f"{BASE}/do-not-contact", {"value": "https://www.blocked.test/"})
    alice.post(f"{BASE}/do-not-contact", {"value": "ann@a.test"})
    values = db.session.scalars(sa.select(Suppression.value)).all()
    assert sorted(values) == ["ann@a.test", "blocked.test"]
    entry_id = db.session.scalars(sa.select(Suppression.id)).first()
    alice.post(f"{BASE}/do-not-contact/{entry_id}/delete")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Suppression)) == 1
    suppress("x@other.test", reason="manual")
    page.as_(cast.charlie).post(f"/w/other/leads/do-not-contact/{entry_id + 1}/delete", status=404)


def test_the_palette_finds_leads(page, cast, in_acme):
    make_lead("zelda@z.test", first_name="Zelda")
    assert "Zelda" in page.as_(cast.alice).hx("/w/acme/palette?q=zeld", "palette-results").text
