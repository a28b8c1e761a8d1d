"""Texts and settings made to hurt: workers stay quick, secrets stay out of the log."""

import subprocess
import sys

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.events import SystemMailRequested, publish
from app.core.settings import settings
from app.models import SystemMail
from app.sending.render import render_preview
from app.sending.render.html import read_html
from app.sending.render.mime import message_ids
from app.sending.system_mail import send_system_mails

GROWING = [
    "{{ 'aaaaaaaaaa'" + " | replace: 'a','aaaaaaaaaa'" * 9 + " }}",
    "{{ (1..100000000) | join: 'x' | size }}",
    "{{ (1..50000000) | sort | first }}",
    "{{ 'aaaaaaaaaa'" + " | replace: 'a','aaaaaaaaaa'" * 6 + " | split: '' | size }}",
]


@pytest.mark.parametrize("text", GROWING)
def test_a_text_that_would_fill_the_memory_is_refused(text):
    assert "too long" in render_preview("Hi", text, {}).problem


@pytest.mark.parametrize("unit", ["{{", "{%", "%7B%7B", "{{ '{%' "])
def test_openings_without_an_end_are_read_in_one_go(unit):
    """Quadratic, this takes minutes; the child process is given one."""
    code = (
        "from app.sending.render import render_preview;"
        f"render_preview('Hi', {unit!r} * (190_000 // {len(unit)}), {{}})"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_numbers_beyond_counting_are_a_problem_not_an_error():
    text = "{{ 9999999999" + " | times: 9999999999" * 2000 + " }}"
    assert render_preview("Hi", text, {}).problem


def test_a_link_over_two_lines_is_one_address():
    [link] = read_html('<a href="https://x.test/a&#13;&#10;b\tc">x</a>').links
    assert link.url == "https://x.test/abc"


def test_foreign_ids_in_other_letters_do_not_keep_an_answer_from_leaving():
    assert message_ids(["<añb@x.test>", "<c@x.test>"]) == "<c@x.test>"


@pytest.fixture
def production_without_server():
    """A production installation whose operator named no mail server."""
    before = settings.env, settings.system_smtp_url
    settings.env, settings.system_smtp_url = "production", ""
    yield
    settings.env, settings.system_smtp_url = before


def test_without_a_server_links_are_not_logged(app, production_without_server, capsys):
    publish(SystemMailRequested("reset", "a@b.test", "Reset", "https://x.test/secret-link"))
    db.session.commit()
    assert send_system_mails() == 0
    [mail] = db.session.scalars(sa.select(SystemMail))
    assert (mail.state, mail.sent_at) == ("queued", None)
    assert "SYSTEM_SMTP_URL" in mail.error_text
    out, err = capsys.readouterr()
    assert "secret-link" not in out + err
