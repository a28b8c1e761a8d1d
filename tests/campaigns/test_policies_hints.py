"""Advice about a mail."""

import pytest

from app.campaigns.policies.hints import hints

LINK = '<a href="https://a.test">x</a>'


def test_a_short_mail_gets_only_its_size():
    assert hints("Hello Ada", "One word more", f"<p>{LINK}</p>") == ["3 words."]
    assert hints("", "word", "") == ["1 word."]


@pytest.mark.parametrize(
    ("subject", "text", "html", "says"),
    [
        ("x" * 46, "a", "", "46 characters"),
        ("READ THIS", "a", "", "shouts"),
        ("Now!!", "a", "", "shouts"),
        ("Hello", "word " * 151, "", "Long for a mail"),
        ("Hello", "a", LINK * 3, "3 links"),
    ],
)
def test_what_stands_out_is_said(subject, text, html, says):
    said = hints(subject, text, html)
    assert len(said) == 2
    assert says in said[1]


def test_the_signature_is_not_counted():
    assert hints("", "word\n\n--\nMia Lang\nBerlin", "") == ["1 word."]
    assert hints("", "--\nMia Lang", "")[0] == "0 words."
