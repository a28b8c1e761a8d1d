"""Rendering: what one text and one lead's values become, judged by the standard library."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header

import pytest

from app.core.signing import read_ids
from app.sending.render import (
    BadTemplate,
    EmptyText,
    Envelope,
    HeaderInjection,
    MissingVariable,
    compose,
    render_preview,
    variables_of,
)
from app.sending.render.compose import compose_finished, targets, values_for
from app.sending.render.html import read_html, text_of
from app.sending.render.liquid import fill, parse
from app.sending.render.mime import mailbox, unstructured
from app.sending.render.pieces import cut
from app.sending.render.texts import compiled, read

AT = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
LOGO = "<p>Sam</p><img src='https://x.test/logo.png' alt='Acme'>"


def envelope(**over):
    given = {
        "outbox_id": 7,
        "message_id": "abc.def@acme.test",
        "from_email": "alice@acme.test",
        "from_name": "Alice Árvore",
        "to_email": "bob@example.com",
        "to_name": 'Bob "The" Builder',
        "at": AT,
        "base_url": "https://go.acme.test",
    }
    return Envelope(**(given | over))


def made(subject, body, values=None, link_ids=None, **over):
    text = read(subject, body)
    env = envelope(**over)
    filled = values_for(env, values or {})
    urls = targets(text, filled)
    ids = {url: n for n, url in enumerate(urls, 1)} if link_ids is None else link_ids
    return compose(text, env, filled, urls, ids)


def parsed(composed):
    return email.message_from_bytes(composed.raw, policy=email.policy.default)


def parts(composed):
    message = parsed(composed)
    return (
        message.get_body(("plain",)).get_content().replace("\r\n", "\n"),
        message.get_body(("html",)).get_content(),
    )


class TestLiquid:
    def test_value_is_printed(self):
        assert parsed(made("Hi {{ first_name }}", "x", {"first_name": "Bo"}))["Subject"] == "Hi Bo"

    @pytest.mark.parametrize("value", [None, "", "   "])
    def test_empty_counts_as_missing(self, value):
        with pytest.raises(MissingVariable) as caught:
            made("x", "Hi {{ first_name }} of {{ company }}", {"first_name": value})
        assert set(caught.value.names) == {"first_name", "company"}

    @pytest.mark.parametrize("value", [None, "", " "])
    def test_default_steps_in(self, value):
        mail = made("Hi {{ first_name | default: 'there' }}", "x", {"first_name": value})
        assert parsed(mail)["Subject"] == "Hi there"

    @pytest.mark.parametrize("values", [{}, {"a": "<b>&'"}, {"a": 7}, {"a": False}, {"a": ["x"]}])
    @pytest.mark.parametrize(
        "piece",
        [
            "{{ a | default: 'x' }}",
            '{{a|default:"<i>&"}}',
            "{{ a | default: '' }}",
            "{{ a | default: 'x' | upcase }}",
            "{{ a | default: 'x', allow_false: true }}",
            "{{ a | default: b }}",
            "{{ a | default: 3 }}",
        ],
    )
    @pytest.mark.parametrize("html", [True, False])
    def test_what_is_looked_up_directly_reads_as_liquid_would_write_it(self, piece, values, html):
        values = values | {"b": "y"}
        whole = fill(parse(piece, html=html), piece, values)
        assert cut(f"Dear {piece}!", html=html).fill(values) == f"Dear {whole}!"

    def test_all_missing_are_named_wherever_they_stand(self):
        body = "Hi {{ first_name }}, <a href='https://x.test/{{ industry }}'>see</a>"
        with pytest.raises(MissingVariable) as caught:
            made("For {{ company }}", body)
        assert set(caught.value.names) == {"company", "first_name", "industry"}

    @pytest.mark.parametrize(
        ("subject", "body", "signature"),
        [
            ("Hi", "<div>{% if industry %}only{% endif %}</div>", ""),
            ("Hi", "<div>{% if industry %}only{% endif %}</div>", "<p>Sam<br>--<br>Acme</p>"),
            ("Hi", "<div>{% if industry %}only{% endif %}</div>", LOGO),
            ("Hi", "<div>&nbsp;<br></div>", ""),
            ("Hi", "<div>&nbsp;<br></div>", LOGO),
            ("{% if company %}{{ company }}{% endif %}", "<div>Hello</div>", ""),
        ],
    )
    def test_nothing_is_left_of_the_text(self, subject, body, signature):
        text = read(subject, body, signature)
        values = values_for(envelope(), {})
        with pytest.raises(EmptyText):
            compose(text, envelope(), values, targets(text, values), {})

    @pytest.mark.parametrize(
        ("body", "signature"),
        [
            ("<div><img src='https://x.test/a.png'></div>", ""),
            ("<div><img src='https://x.test/a.png'></div>", LOGO),
            ("<div>Hi<br>--<br>there</div>", "<p>Sam</p>"),
            ("<div>{% if industry %}Hi{% endif %}<br>--<br>there</div>", LOGO),
            ("<div>Hi</div>", "<p>Sam</p>"),
        ],
    )
    def test_little_is_not_nothing(self, body, signature):
        text = read("Hi", body, signature)
        values = values_for(envelope(), {})
        assert compose(text, envelope(), values, targets(text, values), {}).raw

    def test_a_follow_up_takes_the_subject_it_was_given(self):
        mail = compose(read("", "x"), envelope(subject="Re: first"), {}, [], {})
        assert parsed(mail)["Subject"] == "Re: first"

    def test_including_another_text_is_told(self):
        with pytest.raises(BadTemplate, match="cannot be included"):
            made("x", "{% include 'secrets' %}")

    def test_condition_on_a_missing_value_is_false(self):
        text, _ = parts(made("x", "a{% if company %}b{% endif %}c"))
        assert text == "ac\n"

    def test_missing_in_subject_stops_the_mail(self):
        with pytest.raises(MissingVariable, match="title"):
            made("{{ title }}", "x")

    @pytest.mark.parametrize("bad", ["{{ a", "{% if x %}", "{{ x | nosuch }}", "{% nosuch %}"])
    def test_wrong_liquid_is_told(self, bad):
        with pytest.raises((BadTemplate, MissingVariable)):
            made("x", f"text {bad} text", {"x": "1"})

    @pytest.mark.parametrize(
        ("bad", "said"),
        [
            ("{{ a", "Something is opened with {{ or {% and never closed"),
            ("{% if", "Something is opened with {{ or {% and never closed"),
            ("{% if x %}a", "{% endif %} is missing"),
        ],
    )
    def test_what_is_not_closed_is_told_in_plain_words(self, bad, said):
        with pytest.raises(BadTemplate) as told:
            made("x", bad)
        assert str(told.value) == said

    def test_endless_work_is_stopped(self):
        with pytest.raises(BadTemplate):
            made(
                "x",
                "{% for i in (1..1000000) %}{% for j in (1..1000000) %}x{% endfor %}{% endfor %}",
            )

    def test_jinja_is_only_text(self):
        text, _ = parts(made("x", "{# a #} {{ 'b' }}"))
        assert text == "{# a #} b\n"

    def test_names_of_variables(self):
        assert variables_of("{{ b | default: 'x' }} {% if a %}{{ c.d }}{% endif %}") == (
            "a",
            "b",
            "c",
        )

    def test_editor_entities_inside_braces_are_undone(self):
        body = "<div>{{ first_name&nbsp;| default: &quot;you&quot; }}{% if 3 &lt; 4 %}!{% endif %}</div>"
        text, html = parts(made("x", body))
        assert text == "you!\n"
        assert "<div>you!</div>" in html


class TestEscaping:
    def test_html_value_cannot_become_markup(self):
        mail = made("{{ n }}", "<p>{{ n }}</p>", {"n": '<b onclick="x">&'})
        text, html = parts(mail)
        assert text == '<b onclick="x">&\n'
        assert "<p>&lt;b onclick=&#34;x&#34;&gt;&amp;</p>" in html
        assert parsed(mail)["Subject"] == '<b onclick="x">&'

    def test_value_inside_an_address_stays_in_its_place(self):
        mail = made(
            "x",
            '<a href="https://x.test/?n={{ n }}&amp;ok=1">go</a>',
            {"n": 'a&b="><script>/../é'},
        )
        text, html = parts(mail)
        assert text == "go (https://x.test/?n=a%26b%3D%22%3E%3Cscript%3E%2F..%2F%C3%A9&ok=1)\n"
        assert "<script" not in html

    @pytest.mark.parametrize(
        ("value", "target"),
        [
            ("https://acme.test/a b", "https://acme.test/ab"),
            ("acme.test", "https://acme.test"),
            ("javascript:alert(1)", ""),
            ("data:text/html,x", ""),
        ],
    )
    def test_value_that_is_the_whole_address(self, value, target):
        text = read("x", '<a href="{{ website }}">site</a>')
        assert targets(text, {"website": value}) == [target]

    def test_line_breaks_in_a_value_stay_out_of_the_subject(self):
        mail = made("Hi {{ n }}", "x", {"n": "Bo\r\nBcc: evil@example.com"})
        assert parsed(mail)["Subject"] == "Hi Bo Bcc: evil@example.com"
        assert parsed(mail)["Bcc"] is None

    @pytest.mark.parametrize(
        "field", ["from_name", "to_name", "to_email", "from_email", "in_reply_to", "message_id"]
    )
    def test_header_injection_is_refused(self, field):
        with pytest.raises(HeaderInjection):
            compose_finished(
                envelope(**{field: "a@b.test\r\nBcc: evil@example.com"}), "s", "<p>x</p>", "x"
            )

    @pytest.mark.parametrize("address", ["", "a", "a@", "@b", "a b@c.test", "a@b,c@d", "<a@b>"])
    def test_impossible_addresses_are_refused(self, address):
        with pytest.raises(ValueError):
            made("x", "y", to_email=address)


class TestLinks:
    def test_links_are_replaced_by_signed_tokens(self):
        mail = made("x", '<p><a href="https://a.test/?x=1&amp;y=2">A</a></p>', track_clicks=True)
        text, html = parts(mail)
        tokens = re.findall(r"https://go\.acme\.test/t/c/([\w-]+)", html)
        assert [read_ids("click", token) for token in tokens] == [(7, 1)]
        assert "a.test/?x" not in html + text

    def test_without_tracking_the_target_is_written(self):
        text, html = parts(made("x", '<a href="https://a.test/?x=1&amp;y=2">A</a>'))
        assert 'href="https://a.test/?x=1&amp;y=2"' in html
        assert text == "A (https://a.test/?x=1&y=2)\n"

    def test_target_without_stored_link_is_written_as_it_is(self):
        _, html = parts(made("x", '<a href="https://a.test">A</a>', link_ids={}, track_clicks=True))
        assert 'href="https://a.test"' in html

    def test_mail_and_phone_links_are_left_alone(self):
        _, html = parts(made("x", '<a href="mailto:a@b.test">A</a>', track_clicks=True))
        assert 'href="mailto:a@b.test"' in html

    @pytest.mark.parametrize("href", ["javascript:alert(1)", "data:x", "vbscript:x", "ftp://x", ""])
    def test_other_schemes_are_dropped(self, href):
        _, html = parts(made("x", f'<a href="{href}">A</a>'))
        assert "<a>A</a>" in html

    def test_braces_encoded_by_an_editor_are_read(self):
        text = read("x", '<a href="https://a.test/%7B%7B%20company%20%7D%7D">A</a>')
        assert targets(text, {"company": "Ä"}) == ["https://a.test/%C3%84"]

    def test_unsubscribe_link_in_the_text_is_not_tracked(self):
        mail = made(
            "x",
            '<a href="{{ unsubscribe_url }}">stop</a>',
            track_clicks=True,
            unsubscribe="link",
        )
        text, html = parts(mail)
        assert html.count("/u/") == 1
        assert "/t/c/" not in html
        assert text.startswith("stop (https://go.acme.test/u/")

    def test_footer_is_added_when_the_text_has_no_link(self):
        text, html = parts(made("x", "y", unsubscribe="link"))
        assert "/u/" in text
        assert "/u/" in html

    def test_pixel(self):
        _, html = parts(made("x", "y", track_opens=True))
        token = re.search(r"/t/o/([\w-]+)\.gif", html).group(1)
        assert read_ids("open", token) == (7,)

    def test_static_targets_are_known_once(self):
        text = read("x", '<a href="https://a.test">a</a><a href="{{ u }}">b</a>')
        assert text.static_urls == ("https://a.test",)


class TestPlainTwin:
    @pytest.mark.parametrize(
        ("html", "text"),
        [
            ("<div>Hi<br><br>there</div>", "Hi\n\nthere\n"),
            ("<div>a</div><div><br></div><div>b</div>", "a\n\nb\n"),
            ("<div>a<br></div><div>b</div>", "a\nb\n"),
            ("<p>a</p><p>b</p>", "a\n\nb\n"),
            ("<ul><li>a</li><li>b</li></ul>x", "- a\n- b\n\nx\n"),
            ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b\n"),
            ("a &amp; b &lt;c&gt;", "a & b <c>\n"),
            ("<b>a</b> <i>b</i>\n   c", "a b c\n"),
            ('<a href="https://a.test/x">https://a.test/x</a>', "https://a.test/x\n"),
            ('<a href="https://a.test">a.test</a>', "https://a.test\n"),
            ("<style>x</style><script>y</script>z", "z\n"),
            ('<img src="x" alt="Logo">', "Logo\n"),
            ("&#123;&#123; x &#125;&#125;", "{{ x }}\n"),
            ("a<hr>b", "a\n\n---\n\nb\n"),
        ],
    )
    def test_text(self, html, text):
        assert text_of(html) == text

    def test_typed_lines_are_kept(self):
        text, html = parts(made("x", "a\r\nb\n\nc"))
        assert text == "a\nb\n\nc\n"
        assert "a<br>b<br><br>c" in html

    def test_html_is_kept_as_written(self):
        source = '<div class="a"><!-- c --><STRONG>x</STRONG>&nbsp;y<br/></div>'
        assert '<div class="a"><STRONG>x</strong>&nbsp;y<br/></div>' in read_html(source).html

    def test_scripts_never_leave(self):
        assert "alert" not in read_html("a<script>alert(1)</script>b").html


class TestMime:
    def test_round_trip_through_the_standard_parser(self):
        body = (
            "<p>Grüße, {{ n }} = 100 % — 漢字 🦜</p>" + "<p>" + "long line " * 200 + "</p>\n.\n..x"
        )
        mail = made("Ünïcode {{ n }} 🦜", body, {"n": "Zoë"}, cc=("c@d.test",))
        message = parsed(mail)
        assert message.defects == []
        assert message["Subject"] == "Ünïcode Zoë 🦜"
        assert message["From"] == "Alice Árvore <alice@acme.test>"
        assert message["To"].addresses[0].display_name == 'Bob "The" Builder'
        assert message["Cc"] == "c@d.test"
        assert message["Message-ID"] == "<abc.def@acme.test>"
        assert message["Date"].datetime == AT
        text, html = parts(mail)
        assert "Grüße, Zoë = 100 % — 漢字 🦜" in text
        assert "Grüße, Zoë = 100 % — 漢字 🦜" in html
        assert [part.get_content_type() for part in message.walk()] == [
            "multipart/alternative", "text/plain", "text/html",
        ]  # fmt: skip

    def test_only_crlf_and_no_long_lines(self):
        mail = made("long " * 100, "<p>" + "x" * 5000 + "\r y\n z</p>", references=["<a@b>"] * 50)
        assert b"\r" not in mail.raw.replace(b"\r\n", b"")
        assert b"\n" not in mail.raw.replace(b"\r\n", b"")
        assert max(len(line) for line in mail.raw.split(b"\r\n")) <= 998
        assert parsed(mail)["Subject"] == ("long " * 100).strip()

    def test_thread_headers(self):
        message = parsed(made("x", "y", in_reply_to="a@b", references=["r@b", "<a@b>"]))
        assert message["In-Reply-To"] == "<a@b>"
        assert message["References"].split() == ["<r@b>", "<a@b>"]

    def test_one_click_headers(self):
        message = parsed(made("x", "y", unsubscribe="header"))
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        token = re.fullmatch(r"<https://go\.acme\.test/u/([\w-]+)>", message["List-Unsubscribe"])
        assert read_ids("unsubscribe", token.group(1)) == (7,)

    def test_bcc_is_only_in_the_envelope(self):
        env = envelope(bcc=("secret@x.test",))
        assert env.recipients == ["bob@example.com", "secret@x.test"]
        assert b"secret" not in compose_finished(env, "s", "<p>x</p>", "x").raw

    def test_domain_goes_out_in_ascii(self):
        assert mailbox("a@bücher.example") == "a@xn--bcher-kva.example"

    def test_a_name_of_any_length_keeps_to_the_lines(self):
        long = ("Maximilian " * 90).strip()
        header = f"To: {mailbox('a@b.test', long)}\r\n"
        assert max(map(len, header.split("\r\n"))) < 100
        name = header.removeprefix("To: ").rpartition(" <")[0]
        assert str(make_header(decode_header(name))) == long

    @pytest.mark.parametrize("text", ["a" * 2000, "ä" * 300, "=?utf-8?q?x?=", "x" * 70 + " y" * 40])
    def test_subject_survives(self, text):
        raw = f"Subject: {unstructured(text)}\r\n\r\n".encode()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert message["Subject"] == text
        assert max(len(line) for line in raw.split(b"\r\n")) <= 998

    def test_finished_mail_is_not_liquid(self):
        mail = compose_finished(envelope(), "{{ x }}", "<p>{{ x }}</p>", "{{ x }}")
        assert parsed(mail)["Subject"] == "{{ x }}"
        assert parts(mail)[0].strip() == "{{ x }}"


class TestCache:
    def test_same_key_is_parsed_once_and_a_new_one_again(self):
        first = compiled((1, AT), "", "a", "b")
        assert compiled((1, AT), "", "other", "text") is first
        assert compiled((1, datetime(2027, 1, 1, tzinfo=UTC)), "", "c", "d").subject.source == "c"


class TestPreview:
    def test_missing_values_are_named_and_shown(self):
        shown = render_preview(
            "Hi {{ first_name }}",
            '<p>{{ company }} <a href="{{ site }}">x</a></p>',
            {"company": "Acme"},
        )
        assert shown.missing == ("first_name", "site")
        assert shown.subject == "Hi [first_name]"
        assert "Acme" in shown.html
        assert shown.problem == ""

    def test_wrong_liquid_is_a_problem_not_an_error(self):
        assert render_preview("{{ a", "x", {}).problem

    def test_complete(self):
        shown = render_preview("S", "<p>Hi {{ n }}</p>", {"n": "<Bo>"}, "<p>Alice</p>")
        assert shown.text == "Hi <Bo>\n\n--\n\nAlice\n"
        assert "&lt;Bo&gt;" in shown.html
        assert shown.missing == ()
