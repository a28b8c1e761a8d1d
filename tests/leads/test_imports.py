"""A list on its way in: upload, dry run, commit; twice, resumed, and with everything wrong."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import Conflict, Invalid, TooLarge
from app.core.tenancy import workspace_context
from app.core.transactions import unit_of_work
from app.leads import jobs, queries
from app.leads.policies import list_file
from app.leads.policies.import_rows import columns_of, staged_rows
from app.leads.schemas import LeadInput, MappingInput
from app.leads.services import (
    choose_mapping,
    commit_import,
    discard_import,
    staging,
    start_import,
    suppress,
    upsert_leads,
)
from app.models import Campaign, CampaignLead, ImportRow, Lead
from tests.factories import make_campaign, make_campaign_lead, make_lead

LIST = """Email;Vorname;Firma;Deal size
ann@a.test;Ann;A GmbH;10
ANN@a.test;Ann again;A;11
bob@b.test;Bob;B;
not an address;Cy;C;
;Dee;D;
eve@blocked.test;Eve;E;
known@k.test;Kim;K AG;5
"""


def upload(text: str = LIST, campaign_id: int | None = None):
    return start_import(
        filename="people.csv", chunks=[text.encode()], campaign_id=campaign_id, user_id=None
    )


def mapped(imported, **over) -> MappingInput:
    values = {**imported.dialect, "column": imported.mapping["columns"], **over}
    return MappingInput(**values)


def check(imported, run_jobs, **over):
    """The dry run; the import as it is afterwards (jobs have sessions of their own)."""
    import_id = imported.id
    choose_mapping(imported, mapped(imported, **over))
    run_jobs("leads.check_import")
    return queries.get_import(import_id)


def commit(imported, run_jobs):
    """The commit; the import as it is afterwards."""
    import_id = imported.id
    commit_import(imported)
    run_jobs("leads.commit_import")
    return queries.get_import(import_id)


def count(model) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


@pytest.fixture
def ready(in_acme, run_jobs):
    """A checked list in a workspace that knows somebody and blocks a domain."""
    make_lead("known@k.test", first_name="", company="Old")
    suppress("blocked.test", reason="manual")
    return check(upload(), run_jobs)


def test_columns_are_guessed_and_the_file_is_kept(in_acme):
    imported = upload()
    assert imported.mapping["columns"] == ["email", "first_name", "company", "custom"]
    assert imported.dialect["delimiter"] == ";"
    assert imported.size == len(LIST.encode())


def test_the_dry_run_counts_every_row_and_changes_nothing(ready):
    assert ready.state == "checked"
    assert ready.report == {
        "new": 2,
        "update": 1,
        "duplicate": 1,
        "invalid": 1,
        "no_address": 1,
        "suppressed": 1,
    }
    assert db.session.scalars(sa.select(Lead.email)).all() == ["known@k.test"]


def test_the_commit_makes_leads_with_their_fields(ready, run_jobs):
    ready = commit(ready, run_jobs)
    leads = {lead.email: lead for lead in db.session.scalars(sa.select(Lead))}
    assert sorted(leads) == ["ann@a.test", "bob@b.test", "known@k.test"]
    ann = leads["ann@a.test"]
    assert (ann.first_name, ann.company, ann.domain) == ("Ann", "A GmbH", "a.test")
    assert (ann.custom, ann.source, ann.import_id) == ({"deal_size": "10"}, "import", ready.id)
    assert (leads["known@k.test"].first_name, leads["known@k.test"].company) == ("Kim", "K AG")
    assert ready.state == "done"


def test_known_leads_are_left_as_they_are_when_asked(in_acme, run_jobs):
    make_lead("known@k.test", company="Old")
    commit(check(upload(), run_jobs, existing="keep"), run_jobs)
    assert queries.find_lead_by_email("known@k.test").company == "Old"


def test_a_list_of_addresses_alone_gives_leads_without_own_fields(in_acme, run_jobs):
    commit(check(upload("Email\nann@a.test\nbob@b.test\n"), run_jobs), run_jobs)
    leads = db.session.scalars(sa.select(Lead).order_by(Lead.email)).all()
    assert [(lead.first_name, lead.custom) for lead in leads] == [("", {}), ("", {})]
    assert queries.variables_of(leads[0])["email"] == "ann@a.test"


def test_a_second_commit_changes_nothing(ready, run_jobs):
    commit_import(ready)
    done = commit(ready, run_jobs)
    commit_import(done)
    assert run_jobs() == []
    assert count(Lead) == 3


def test_jobs_run_twice_do_nothing_the_second_time(ready, run_jobs):
    jobs.check_import(ready.id)
    done = commit(ready, run_jobs)
    jobs.commit_import(done.id)
    assert (done.state, done.report["new"], count(Lead)) == ("done", 2, 3)


def test_reading_goes_on_where_a_killed_worker_left_it(in_acme, run_jobs):
    text = "email\n" + "".join(f"p{n}@x.test\n" for n in range(50))
    imported = upload(text)
    choose_mapping(imported, mapped(imported))
    columns = columns_of(imported.mapping["columns"], imported.mapping["names"])
    rows = list(staged_rows([[f"p{n}@x.test"] for n in range(20)], columns))
    assert staging.stage_rows(imported.id, 0, [(range(2, 22), rows)]) == 20
    again = staging.stage_rows(imported.id, 0, [(range(2, 22), rows)])
    assert again is None  # a second worker at the same place
    import_id = imported.id
    run_jobs()
    imported = queries.get_import(import_id)
    assert (imported.state, imported.report, imported.rows_total) == ("checked", {"new": 50}, 50)


def test_committing_goes_on_where_a_killed_worker_left_it(in_acme, run_jobs):
    campaign = make_campaign(steps=1)
    imported = upload("email\n" + "".join(f"p{n}@x.test\n" for n in range(50)), campaign.id)
    imported = check(imported, run_jobs)
    import_id, campaign_id = imported.id, imported.campaign_id
    commit_import(imported)
    last = queries.last_line_of_batch(imported.id, 0, 20)
    assert staging.take_batch(imported.id, 0, last)
    assert not staging.take_batch(imported.id, 0, last)
    run_jobs()
    assert queries.get_import(import_id).state == "done"
    assert (count(Lead), count(CampaignLead)) == (50, 50)
    assert db.session.get_one(Campaign, campaign_id).leads_count == 50


def test_a_crash_of_the_database_while_reading_starts_anew(in_acme, run_jobs):
    """Staging is not logged: it is empty then, whatever the import says."""
    imported = upload("email\n" + "".join(f"p{n}@x.test\n" for n in range(50)))
    import_id = imported.id
    choose_mapping(imported, mapped(imported))
    imported.rows_done = 30
    db.session.flush()
    run_jobs()
    assert queries.get_import(import_id).report == {"new": 50}
    assert count(ImportRow) == 50


def test_a_crash_of_the_database_before_the_commit_is_told(ready, run_jobs):
    db.session.execute(sa.delete(ImportRow))
    failed = commit(ready, run_jobs)
    assert failed.state == "failed"
    assert "check it again" in failed.error
    assert check(failed, run_jobs).report["new"] == 2


def test_somebody_who_became_a_lead_since_the_check_is_brought_up_to_date(ready, run_jobs):
    make_lead("bob@b.test", first_name="", company="Old")
    ready = commit(ready, run_jobs)
    bob = queries.find_lead_by_email("bob@b.test")
    assert (ready.state, bob.first_name, bob.company, count(Lead)) == ("done", "Bob", "B", 3)


def test_leads_and_suppressions_of_others_mean_nothing(cast, run_jobs):
    db.session.commit()
    with workspace_context(cast.other.id):
        make_lead("ann@a.test")
        suppress("bob@b.test", reason="manual")
        suppress("k.test", reason="manual")
        db.session.commit()
    with workspace_context(cast.acme.id):
        assert check(upload(), run_jobs).report["new"] == 4


def test_cells_hold_what_they_hold(in_acme, run_jobs):
    """COPY gives tabs, line ends and backslashes a meaning."""
    text = 'email,company,note\na@b.test,"A\tB\\N\\","line\r\nline ""q"" \\ end"\n'
    commit(check(upload(text), run_jobs), run_jobs)
    lead = queries.find_lead_by_email("a@b.test")
    assert lead.company == "A\tB\\N\\"
    assert lead.custom == {"note": 'line\r\nline "q" \\ end'}


def test_the_sweeper_rings_for_what_nobody_works_on(ready, run_jobs, rings, freeze):
    from datetime import timedelta

    from app.core.clock import utcnow

    commit_import(ready)
    rings.clear()
    jobs.sweep_imports()
    assert rings == []
    with freeze(utcnow() + timedelta(minutes=3)):
        jobs.sweep_imports()
    assert [ring.name for ring in rings] == ["leads.commit_import"]


def test_leads_of_a_campaign_are_enrolled_in_the_order_of_the_file(ready, run_jobs, in_acme):
    campaign = make_campaign(steps=1)
    enrolled = make_campaign_lead(campaign, queries.find_lead_by_email("known@k.test"))
    campaign.leads_count = 1
    enrolled_id, campaign_id = enrolled.id, campaign.id
    imported = check(upload(campaign_id=campaign.id), run_jobs)
    assert (imported.report["new"], imported.report["in_campaign"]) == (2, 1)
    commit(imported, run_jobs)
    assert queries.find_lead_by_email("known@k.test").company == "K AG"  # corrected all the same
    rows = db.session.scalars(sa.select(CampaignLead).order_by(CampaignLead.id)).all()
    assert rows[0].id == enrolled_id
    emails = [db.session.get_one(Lead, row.lead_id).email for row in rows[1:]]
    assert emails == ["ann@a.test", "bob@b.test"]
    assert db.session.get_one(Campaign, campaign_id).leads_count == 3


def test_a_mapping_without_an_address_is_refused(in_acme):
    imported = upload()
    with pytest.raises(Invalid) as refused:
        choose_mapping(imported, mapped(imported, column=["skip"] * 4))
    assert "email address" in refused.value.errors["column"][0]


def test_a_file_that_breaks_half_way_fails_with_its_row(in_acme, run_jobs):
    rows = "".join(f"p{n}@x.test,x\n" for n in range(60))
    imported = upload(f'email,note\n{rows}z@x.test,"never closed\n' + "y@x.test,x\n" * 4000)
    imported = check(imported, run_jobs)
    assert imported.state == "failed"
    assert "Row 62" in imported.error
    assert not db.session.scalar(sa.select(sa.exists(sa.select(ImportRow))))


def test_a_failed_list_can_be_mapped_again(in_acme, run_jobs):
    imported = upload()
    imported.state = "failed"
    db.session.flush()
    assert check(imported, run_jobs).report["new"] == 4


def test_what_is_no_list_is_not_kept(in_acme):
    with pytest.raises(Invalid, match="Excel"):
        start_import(filename="x.csv", chunks=[b"PK\x03\x04 "], campaign_id=None, user_id=None)


def test_an_upload_over_the_limit_is_cut_off(in_acme):
    def endless():
        while True:
            yield b"a@b.test\n" * 100_000

    with pytest.raises(TooLarge, match=f"{list_file.MAX_BYTES // 1024**2} MB"):
        start_import(filename="x.csv", chunks=endless(), campaign_id=None, user_id=None)


def test_an_import_can_be_discarded_until_it_is_in(ready, run_jobs):
    discard_import(upload())
    done = commit(ready, run_jobs)
    with pytest.raises(Conflict):
        discard_import(done)


def test_upserts_of_a_program_are_safe_to_repeat(in_acme):
    suppress("eve@x.test", reason="manual")
    rows = [
        LeadInput(email="Ann@x.test", first_name="Ann", custom={"plan": "pro"}),
        LeadInput(email="ann@x.test", first_name="Anna"),
        LeadInput(email="eve@x.test"),
    ]
    first, second = upsert_leads(rows), upsert_leads(rows)
    assert first.lead_ids == second.lead_ids
    assert first.counts == {"new": 1, "update": 0, "duplicate": 1, "suppressed": 1}
    assert second.counts["update"] == 1
    assert queries.find_lead_by_email("ann@x.test").first_name == "Anna"


def test_zero_bytes_do_no_harm(in_acme, run_jobs):
    imported = start_import(
        filename="x.csv",
        chunks=["email;name\na@b.test;A\0nn\n".encode("utf-16")],
        campaign_id=None,
        user_id=None,
    )
    assert check(imported, run_jobs).report == {"new": 1}


def test_a_checked_list_nobody_imports_is_forgotten(in_acme, run_jobs, freeze):
    imported = check(upload(), run_jobs)
    for days, left in ((29, True), (31, False)):
        with freeze(utcnow() + timedelta(days=days)):
            jobs.sweep_imports()
        db.session.expire_all()
        rows = db.session.scalars(sa.select(ImportRow.line)).all()
        assert bool(rows) is left
    assert imported.state == "failed"
    with pytest.raises(Conflict):
        commit_import(imported)
    again = check(imported, run_jobs)
    with freeze(utcnow() + timedelta(days=29)):
        jobs.sweep_imports()
    assert (again.state, count(ImportRow)) == ("checked", 7)


def test_a_list_lost_half_way_in_can_be_discarded(ready, run_jobs):
    """A crash of the database has emptied staging; who was taken in stays."""
    commit_import(ready)
    with unit_of_work():
        staging.take_batch(ready.id, 0, 2)
        db.session.execute(sa.delete(ImportRow))
    run_jobs("leads.commit_import")
    lost = queries.get_import(ready.id)
    assert (lost.state, lost.error) == ("failed", staging.LOST)
    discard_import(lost)
    db.session.flush()
    found = db.session.execute(sa.select(Lead.email, Lead.import_id).order_by(Lead.email)).all()
    assert [tuple(row) for row in found] == [("ann@a.test", None), ("known@k.test", None)]


@pytest.mark.parametrize(
    "custom",
    [{f"k{n}": 1 for n in range(201)}, {"k": "ä" * 16_400}, {"k": {"a": 1}}, {"k": [1]}],
)
def test_own_fields_are_few_small_and_flat(custom):
    with pytest.raises(ValueError, match=r"Own fields can only|A lead can have 200"):
        LeadInput(email="a@b.test", custom=custom)
