from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.mailhub.mime import part_at, part_bytes
from app.mailhub.mime_headers import decode_header_text
from app.sync.parse import ParsedMail, parse_mail
from app.sync.parse.mail import snippet_of

EML = Path(__file__).parent.parent / "eml"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def parse(name: str) -> ParsedMail:
    return parse_mail((EML / name).read_bytes(), received_at=NOW)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("charset_latin1_is_utf8.eml", "Grüße aus Köln – schön"),
        ("charset_utf8_is_cp1252.eml", "Grüße – “schön”"),
        ("charset_gb2312.eml", "请把报价发给我，朱镕基"),
        ("charset_iso2022jp.eml", "ありがとうございます"),
        ("charset_ks_c_5601.eml", "안녕하세요"),
        ("charset_unknown.eml", "Grüße"),
        ("charset_utf7.eml", "Grüße"),
        ("bad_base64.eml", "Hello world"),
        ("missing_boundary_end.eml", "the text is here"),
        ("no_boundary.eml", "the text is here"),
        ("header_broken.eml", "still text"),
        ("header_nul_and_controls.eml", "body with nul"),
        ("no_headers.eml", "only a body"),
    ],
)
def test_text_is_read_whatever_the_label_says(name: str, text: str) -> None:
    assert parse(name).text.strip() == text


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("charset_gb2312.eml", "报价单"),
        ("charset_iso2022jp.eml", "お見積り"),
        ("header_split_character.eml", "Größe und Übergröße 多"),
        ("header_raw_bytes.eml", "Schöne Grüße"),
        ("header_quoted_encoded_name.eml", "What?"),
        ("header_broken.eml", "=?utf-8?Q?unfinished"),
        ("header_nul_and_controls.eml", "onetwo three"),
    ],
)
def test_subjects_are_decoded(name: str, subject: str) -> None:
    assert parse(name).subject == subject


def test_names_with_commas_and_encoded_words() -> None:
    mail = parse("header_quoted_encoded_name.eml")
    assert mail.from_ == ("Müller, Jörg", "joerg@example.test")
    assert mail.to == [("Sam, the Große", "sam@sandbox.test"), ("", "x@y.test")]


def test_broken_headers_still_give_an_identity() -> None:
    mail = parse("header_broken.eml")
    assert mail.message_id.endswith("@missing.invalid")
    assert mail.message_id == parse("header_broken.eml").message_id
    assert mail.references == ["a@b", "c@d"]
    assert mail.sent_at == NOW
    assert mail.to == []


def test_a_date_in_the_future_is_not_believed() -> None:
    assert parse("future_date.eml").sent_at == NOW


@pytest.mark.parametrize("path", sorted(EML.glob("*.eml")), ids=lambda p: p.stem)
def test_no_mail_of_the_corpus_raises_or_holds_what_the_database_refuses(path: Path) -> None:
    mail = parse_mail(path.read_bytes(), received_at=NOW)
    everything = repr(mail) + mail.text + mail.subject + (mail.html or "")
    assert "\x00" not in everything
    everything.encode("utf-8")


def test_alternative_gives_both_and_the_reply_alone() -> None:
    mail = parse("alternative.eml")
    assert mail.reply == "This is one paragraph."
    assert mail.snippet == "This is one paragraph."
    assert mail.html is not None
    assert "<b>paragraph</b>" in mail.html


def test_html_only_is_readable_as_text() -> None:
    mail = parse("html_only.eml")
    assert mail.text.split() == ["Hello", "there", "old"]
    assert mail.reply == "Hello there"


def test_attachments_are_listed_and_found_again() -> None:
    raw = (EML / "related_and_attachment.eml").read_bytes()
    files = {one.name: one for one in parse_mail(raw, received_at=NOW).attachments}
    assert set(files) == {"logo.png", "plan.pdf", "Inner mail.eml"}
    logo = files["logo.png"]
    assert (logo.cid, logo.is_inline, logo.type) == ("logo@x", True, "image/png")
    part = part_at(raw, files["plan.pdf"].path)
    assert part is not None
    assert part_bytes(part) == b"%PDF-1.4"
    assert part_at(raw, "9.9") is None


def nested(depth: int) -> bytes:
    head = "".join(
        f"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n" for i in range(depth)
    )
    return (
        b"From: a@b.test\r\nSubject: deep\r\n"
        + head.encode()
        + b"Content-Type: text/plain\r\n\r\nx\r\n"
    )


def many_parts(count: int) -> bytes:
    body = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * count
    return (
        b"From: a@b.test\r\nSubject: many\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        + body
        + b"--b--\r\n"
    )


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (nested(30), "20 levels"),
        (nested(400), "20 levels"),
        (many_parts(600), "500 parts"),
        (many_parts(200_000), "500 parts"),
        (b"From: a@b.test\r\nSubject: big\r\nX: " + b"y" * 300_000 + b"\r\n\r\nx", "256 kB"),
        (b"From: a@b.test\r\nSubject: huge\r\n\r\n" + b"x" * (50 * 1024 * 1024), "50 MB"),
    ],
    ids=["deep", "deeper", "many", "very many", "headers", "huge"],
)
def test_beyond_the_limits_is_shown_as_such(raw: bytes, problem: str) -> None:
    mail = parse_mail(raw, received_at=NOW)
    assert problem in (mail.unreadable or "")
    assert mail.from_.email == "a@b.test"
    assert mail.text == ""


def test_runaway_references_are_capped_to_the_root_and_the_nearest() -> None:
    ids = " ".join(f"<{i}@x>" for i in range(1000))
    mail = parse_mail(f"References: {ids}\r\n\r\nhi".encode(), received_at=NOW)
    assert len(mail.references) == 50
    assert (mail.references[0], mail.references[-1]) == ("0@x", "999@x")


@pytest.mark.parametrize(
    "value",
    [
        "=?x?q?" * 10_000,
        "=?utf-8?B?" + "A" * 60_000 + "?=",
        "<" * 60_000,
        '"' * 60_000 + "@",
        "=?" * 30_000,
    ],
    ids=["openings", "one word", "brackets", "quotes", "starts"],
)
def test_hostile_headers_are_read_to_the_end(value: str) -> None:
    """Were a pattern not linear, this would take minutes."""
    assert decode_header_text(value) is not None
    mail = parse_mail(
        f"From: {value}\r\nTo: {value}\r\nSubject: {value}\r\n\r\nx".encode(), received_at=NOW
    )
    assert mail.text.strip() == "x"


def test_a_snippet_leaves_out_where_links_lead():
    text = "Here is how it works (http://127.0.0.1:8000/t/c/abc-DEF), two minutes (really)."
    assert snippet_of(text) == "Here is how it works, two minutes (really)."
