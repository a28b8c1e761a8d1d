"""The report of a list: who is taken in, who is brought up to date, who is left out and why."""

import csv
import io

import pytest
import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.db import db
from app.core.tenancy import workspace_context
from app.leads import queries
from app.leads.serializers import import_json
from app.leads.services import staging, start_import
from app.models import LeadImport
from tests.factories import make_campaign, make_campaign_lead, make_lead

LIST = "email,company\nann@a.test,New name\nbob@b.test,New name\n"


@pytest.fixture
def checked(page, cast, in_acme, run_jobs):
    """Uploads a list to the campaign that knows Ann and Bob, and has it checked; its page."""
    campaign = make_campaign(steps=1, leads_count=2)
    for email in ("ann@a.test", "bob@b.test"):
        make_campaign_lead(campaign, make_lead(email, company="Old name"))
    campaign_id = campaign.id
    db.session.commit()

    def upload(text: str = LIST, existing: str = "update") -> str:
        with workspace_context(cast.acme.id):
            imported = start_import(
                filename="again.csv",
                chunks=[text.encode()],
                campaign_id=campaign_id,
                user_id=None,
            )
            where, values = f"/w/acme/leads/imports/{imported.id}", imported.mapping
            form = {**imported.dialect, "column": values["columns"], "existing": existing}
            db.session.commit()
        page.as_(cast.alice).post(f"{where}/mapping", form)
        run_jobs("leads.check_import")
        return where

    return upload


def skipped(page, user, where: str) -> list[str]:
    with page.as_(user).client.get(f"{where}/skipped.csv") as answer:
        text = answer.get_data().decode("utf-8-sig")
    return [row["Email address"] for row in csv.DictReader(io.StringIO(text))]


def the_import() -> LeadImport:
    db.session.expire_all()
    return db.session.scalars(sa.select(LeadImport)).one()


def test_a_corrected_list_of_people_who_are_all_in_the_campaign(page, cast, checked, run_jobs):
    where = checked()
    alice = page.as_(cast.alice)
    report = alice.get(where)
    assert "Bring 2 leads up to date" in report.text
    assert "Already in this campaign" in report.text
    assert "No row of this list" not in report.text
    assert "What is left out" not in report.text
    assert skipped(page, cast.alice, where) == []
    assert import_json(the_import())["rows_importable"] == 2
    alice.post(f"{where}/commit")
    run_jobs("leads.commit_import")
    assert queries.find_lead_by_email("ann@a.test").company == "New name"
    done = alice.get(where).text
    assert "2 leads are in the campaign." in done
    assert "left out" not in done


def test_in_a_mixed_list_they_are_not_among_the_left_out(page, cast, checked):
    where = checked(f"{LIST}cy@c.test,C\nnobody,D\n")
    report = page.as_(cast.alice).get(where)
    assert "Import 3 leads" in report.text
    reasons = [row.get_text(" ") for row in report.soup.select("tr.table__row")]
    assert [reason.split() for reason in reasons] == [["Invalid", "email", "address", "1"]]
    assert skipped(page, cast.alice, where) == ["nobody"]
    assert import_json(the_import())["rows_importable"] == 3


def test_who_is_left_as_they_are_is_left_out(page, cast, checked, run_jobs):
    where = checked(existing="keep")
    report = page.as_(cast.alice).get(where)
    assert "No row of this list can become a lead." in report.text
    assert "Already in this campaign" in report.text
    assert "up to date" not in report.text
    assert skipped(page, cast.alice, where) == ["ann@a.test", "bob@b.test"]
    assert import_json(the_import())["rows_importable"] == 0
    page.as_(cast.alice).post(f"{where}/commit")
    run_jobs("leads.commit_import")
    assert queries.find_lead_by_email("ann@a.test").company == "Old name"


def test_a_list_nobody_confirmed_is_not_called_faulty(page, cast, checked):
    where = checked()
    staging.drop_old_rows(utcnow())
    db.session.commit()
    shown = page.as_(cast.alice).get(where).text
    assert "checked but not imported" in shown
    assert "Correct the file" not in shown
    assert "could not be read" not in shown
    assert "could not be read" not in page.as_(cast.alice).get("/w/acme/leads").text
