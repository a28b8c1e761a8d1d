"""Whose fault a refusal is."""

from __future__ import annotations

import pytest

from app.providers.mail.errors import AuthExpired, Family, Permanent, Phase, RateLimited, Temporary
from app.providers.mail.replies import clean_words, error_for_reply, split_enhanced

A, S, B, U = Family.ADDRESS, Family.SOFT, Family.BLOCK, Family.UNKNOWN


@pytest.mark.parametrize(
    ("phase", "reply", "family", "kind"),
    [
        (
            Phase.RCPT,
            "550 5.1.1 The email account that you tried to reach does not exist",
            A,
            Permanent,
        ),
        (Phase.RCPT, "550 5.1.10 Recipient address has a null MX", A, Permanent),
        (Phase.RCPT, "550 5.2.1 The account is disabled", A, Permanent),
        (Phase.RCPT, "550 Unknown user", A, Permanent),
        (Phase.RCPT, "550 Requested action not taken: mailbox unavailable", A, Permanent),
        (Phase.RCPT, "550 <a@b.test>: Recipient address rejected", A, Permanent),
        (Phase.RCPT, "550 No", A, Permanent),
        (Phase.RCPT, "450 4.2.0 Greylisted, please try again later", S, Temporary),
        (Phase.RCPT, "451 4.7.1 Greylisting in action", S, Temporary),
        (Phase.RCPT, "452 4.2.2 Mailbox full", S, Temporary),
        (Phase.RCPT, "552 5.2.2 The recipient's inbox is over quota", S, Permanent),
        (Phase.RCPT, "450 4.1.1 User unknown in local table", S, Temporary),
        (Phase.DOT, "550 5.7.1 Message rejected due to content, considered spam", B, Permanent),
        (Phase.DOT, "550 5.7.26 This mail is unauthenticated", B, Permanent),
        (
            Phase.DOT,
            "550 5.7.515 Access denied, sending domain does not meet the level",
            B,
            Permanent,
        ),
        (Phase.DOT, "554 Service unavailable; client host blocked using a blocklist", B, Permanent),
        (Phase.DOT, "554 Transaction failed", U, Permanent),
        (Phase.DOT, "421 4.7.0 Try again later", S, Temporary),
        (Phase.MAIL, "550 5.4.5 Daily user sending limit exceeded", B, RateLimited),
        (Phase.MAIL, "421 4.7.28 Gmail has detected an unusual rate of mail", B, RateLimited),
        (Phase.MAIL, "454 4.7.0 Too many login attempts", B, RateLimited),
        (Phase.MAIL, "530 5.7.57 Client not authenticated to send mail", Family.AUTH, AuthExpired),
        (Phase.MAIL, "550 5.7.30 Basic authentication is not supported", Family.AUTH, AuthExpired),
        (Phase.AUTH, "535 5.7.8 Username and Password not accepted", Family.AUTH, AuthExpired),
        (Phase.AUTH, "534 5.7.9 Application-specific password required", Family.AUTH, AuthExpired),
        (Phase.AUTH, "454 4.7.0 Temporary authentication failure", S, Temporary),
    ],
)
def test_family(phase: Phase, reply: str, family: Family, kind: type[Exception]) -> None:
    error = error_for_reply(int(reply[:3]), reply[4:].encode(), phase, ())
    assert (error.family, type(error)) == (family, kind)


def test_temporary_refusal_never_blames_the_lead() -> None:
    for code in (421, 450, 451, 452):
        for words in ("User unknown", "no such mailbox", "strange", "5"):
            error = error_for_reply(code, words.encode(), Phase.RCPT, ())
            assert error.family in (S, B)


def test_waiting_times() -> None:
    def wait(reply: bytes) -> float:
        error = error_for_reply(550, reply, Phase.DOT, ())
        assert isinstance(error, RateLimited)
        return error.retry_after

    assert wait(b"5.4.5 Daily user sending limit exceeded") == 86_400
    assert wait(b"5.7.1 Too many messages, slow down") == 3_600


def test_enhanced_code_is_split_off() -> None:
    assert split_enhanced("5.1.1 No such user") == ("5.1.1", "No such user")
    assert split_enhanced("No such user") == ("", "No such user")
    assert split_enhanced("9.1.1 x") == ("", "9.1.1 x")


def test_words_are_cleaned() -> None:
    raw = b"5.1.1 no\x00 \x1b[31mred\nsecond line\r\n\xff hunter2 end"
    assert clean_words(raw, secrets=("hunter2", "")) == "5.1.1 no [31mred second line � ••• end"
    assert len(clean_words("x" * 9_000)) == 500
