from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.sync.classify import classify
from app.sync.classify.bounces import find_report, severity_of
from app.sync.classify.return_date import return_date
from app.sync.parse import ParsedMail, parse_mail
from tests.sync.mails import raw_mail

EML = Path(__file__).parent.parent / "eml"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)  # a Monday


def parse(name: str) -> ParsedMail:
    return parse_mail((EML / name).read_bytes(), received_at=NOW)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("alternative.eml", "human"),
        ("html_only.eml", "human"),
        ("human_auto_submitted_no.eml", "human"),
        ("human_about_office.eml", "human"),
        ("human_via_group.eml", "list"),
        ("list_newsletter.eml", "list"),
        ("invite.eml", "invite"),
        ("ooo_en.eml", "out_of_office"),
        ("ooo_de.eml", "out_of_office"),
        ("ooo_fr.eml", "out_of_office"),
        ("ooo_ja.eml", "out_of_office"),
        ("ooo_no_date.eml", "out_of_office"),
        ("auto_ticket.eml", "auto"),
        ("auto_left.eml", "auto"),
        ("bounce_hard.eml", "bounce"),
        ("bounce_two.eml", "bounce"),
        ("bounce_block.eml", "bounce"),
        ("bounce_exchange.eml", "bounce"),
        ("bounce_prose.eml", "bounce"),
        ("bounce_delayed.eml", "auto"),
        ("report_delivered.eml", "auto"),
        ("complaint.eml", "complaint"),
    ],
)
def test_kinds(name: str, kind: str) -> None:
    assert classify(parse(name)).kind == kind


@pytest.mark.parametrize(
    ("subject", "extra", "text", "kind"),
    [
        ("Out of office next week, shall we talk before?", "", "Call me on Friday.", "human"),
        ("Away from my desk but interested", "", "Yes.", "human"),
        ("Ich bin außer mir vor Freude", "", "Wann reden wir?", "human"),
        ("Re: Hello", "Auto-Submitted: No (a person)", "Yes.", "human"),
        ("Out of office", "", "I am away until 4 December.", "out_of_office"),
        ("Out of Office: Hello", "", "I am away until 4 December.", "out_of_office"),
        ("Out of the office until 4 December", "", "I am on vacation.", "out_of_office"),
        ("Automatic reply: Hello", "", "Back 12/04/2026.", "out_of_office"),
        ("Re: Hello", "Auto-Submitted: auto-replied (vacation)", "I am away.", "out_of_office"),
    ],
)
def test_people_who_write_of_their_absence(subject, extra, text, kind) -> None:
    raw = raw_mail(subject=subject, extra=extra, text=text, at=NOW)
    assert classify(parse_mail(raw, received_at=NOW)).kind == kind


def test_a_list_that_answers_us_is_a_person() -> None:
    assert classify(parse("human_via_group.eml"), answers_us=True).kind == "human"


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("ooo_en.eml", date(2026, 12, 4)),
        ("ooo_de.eml", date(2026, 12, 4)),
        ("ooo_fr.eml", date(2026, 12, 7)),
        ("ooo_ja.eml", date(2026, 12, 4)),
        ("ooo_no_date.eml", None),
    ],
)
def test_the_day_of_return_is_read(name: str, day: date | None) -> None:
    assert classify(parse(name)).return_on == day


def test_somebody_who_left_is_told_apart() -> None:
    assert classify(parse("auto_left.eml")).facts["left_company"] is True


def test_each_recipient_keeps_their_own_diagnosis() -> None:
    report = find_report(parse("bounce_two.eml"))
    assert report is not None
    assert [(r.recipient, r.status, r.severity) for r in report.recipients] == [
        ("lea@example.test", "5.1.1", "hard"),
        ("full@example.test", "5.2.2", "soft"),
    ]
    assert report.original_ids[0] == "ours1@sandbox.test"


def test_a_block_is_not_the_leads_fault_and_names_whom_we_wrote_to() -> None:
    report = find_report(parse("bounce_block.eml"))
    assert report is not None
    [one] = report.recipients
    assert (one.recipient, one.severity) == ("wanted@example.test", "block")


def test_a_report_in_prose_is_understood() -> None:
    report = find_report(parse("bounce_prose.eml"))
    assert report is not None
    [one] = report.recipients
    assert (one.recipient, one.severity) == ("lea@example.test", "hard")
    assert report.original_ids == ["ours1@sandbox.test"]


@pytest.mark.parametrize(
    ("status", "words", "severity"),
    [
        ("5.1.1", "", "hard"),
        ("5.1.10", "", "hard"),
        ("5.2.1", "", "hard"),
        ("5.2.2", "", "soft"),
        ("5.4.1", "Recipient address rejected: Access denied", "hard"),
        ("5.7.1", "message rejected as spam", "block"),
        ("5.7.1", "550 User unknown", "hard"),
        ("5.0.0", "550 user unknown", "hard"),
        ("5.0.0", "blocked by policy", "block"),
        ("4.7.1", "greylisted", "soft"),
        ("", "550 no such user here", "hard"),
        ("", "listed in DNSBL", "block"),
    ],
)
def test_severity(status: str, words: str, severity: str) -> None:
    assert severity_of(status, words) == severity


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am out of the office until December 5th.", date(2026, 12, 5)),
        ("I will be back on Monday, 7 December 2026.", date(2026, 12, 7)),
        ("Back on 12/07/2026", date(2026, 12, 7)),
        ("On leave from Nov 20 to Nov 30. Urgent? Call by 25 November.", date(2026, 11, 30)),
        ("Ich bin bis einschließlich 4. Dezember im Urlaub", date(2026, 12, 5)),
        ("Ab dem 07.12. bin ich wieder erreichbar.", date(2026, 12, 7)),
        ("Ab Montag bin ich wieder da", date(2026, 11, 30)),
        ("Je suis absent jusqu'au 1er décembre inclus", date(2026, 12, 2)),
        ("Estaré fuera hasta el 3 de diciembre de 2026", date(2026, 12, 3)),
        ("Vuelvo el lunes", date(2026, 11, 30)),
        ("Sono in ferie fino al 2 gennaio", date(2027, 1, 2)),
        ("Estou de férias até 10 de dezembro", date(2026, 12, 10)),
        ("Ik ben afwezig tot en met 30 november", date(2026, 12, 1)),
        ("Wracam 2 grudnia", date(2026, 12, 2)),
        ("Jag är tillbaka den 1 december", date(2026, 12, 1)),
        ("Вернусь 30 ноября", date(2026, 11, 30)),
        ("12月5日まで不在です", date(2026, 12, 5)),
        ("월요일에 복귀합니다", date(2026, 11, 30)),
        ("I'm back tomorrow", date(2026, 11, 24)),
        ("I will return next week", date(2026, 11, 30)),
        ("back in two weeks", date(2026, 12, 7)),
        ("zurück am Mittwoch", date(2026, 11, 25)),
        ("I was away until 3 January 2025", None),
        ("I return on 1 June 2027", None),
        ("Hours 9-5, tel 12.5", None),
        ("", None),
    ],
)
def test_return_dates(text: str, day: date | None) -> None:
    assert return_date(text, today=TODAY) == day


@pytest.mark.parametrize(
    "text", ["1." * 50_000, "until " * 20_000, "a" * 100_000, "5 " * 50_000, "back on " * 15_000]
)
def test_hostile_text_is_read_to_the_end(text: str) -> None:
    """Were a pattern not linear, this would take minutes."""
    raw = f"Auto-Submitted: auto-replied\r\nSubject: {text[:5000]}\r\n\r\n{text}".encode()
    assert classify(parse_mail(raw, received_at=NOW)).kind in {"auto", "out_of_office"}
