import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mailhub.html import (
    FOLD,
    NARROW,
    WIDE,
    body_document,
    estimate_height,
    has_remote_images,
    is_plain,
    linkify,
    sanitise,
    text_to_html,
)
from app.mailhub.html.folding import fold_quoted
from app.mailhub.html.styles import safe_style
from tests.mailhub.attacks import ATTACKS, CANARY

FORBIDDEN_TAGS = {
    "script", "style", "svg", "math", "iframe", "object", "embed", "form", "input", "button",
    "link", "meta", "base", "template", "video", "audio", "picture", "source", "details",
    "summary", "textarea", "select", "noscript", "frame", "frameset", "body", "html",
}  # fmt: skip
ALLOWED_URL = re.compile(
    r"(?:https?:|mailto:|tel:|cid:|data:image/(?:png|gif|jpe?g|webp);base64,)", re.I
)


def check_safe(clean: str) -> None:
    soup = BeautifulSoup(f"<div>{clean}</div>", "html.parser")
    for element in soup.find_all(True):
        assert element.name not in FORBIDDEN_TAGS, element
        for name, value in element.attrs.items():
            assert not name.startswith("on"), element
            assert not name.startswith(("hx-", "data-")), element
            assert name not in {"srcset", "background", "ping", "formaction", "name", "srcdoc"}
            if name in {"href", "src"}:
                assert ALLOWED_URL.match(value), element
            if name == "style":
                assert not re.search(r"url|var\(|expression|image|position|\\|@|--", value, re.I)


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_leave_nothing_that_acts(name: str) -> None:
    clean = sanitise(ATTACKS[name])
    check_safe(clean)
    assert sanitise(clean) == clean, "not a fixed point"


@pytest.mark.parametrize("name", ATTACKS)
def test_the_document_asks_nobody_unless_told_to(name: str) -> None:
    clean = sanitise(ATTACKS[name])
    blocked = body_document(clean, inline={}, show_remote=False, own_url="http://localhost")
    for element in BeautifulSoup(blocked, "html.parser").find_all(src=True):
        assert CANARY not in element["src"]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<", ">", "</", "<p", "<b>", "</b>", "<svg>", "<math>", "<style>", "</style>", "<table>",
             "<td>", "<a href=", "'", '"', " style=", "url(", "javascript:", "<!--", "-->", "x", "&lt;",
             "<img src=", "http://x/", " onerror=", "<mtext>", "<mglyph>", "<noscript>", "\x00", ";"]
        ),
        max_size=25,
    ).map("".join)
)  # fmt: skip
def test_any_mixture_is_safe_and_settles(source: str) -> None:
    clean = sanitise(source)
    check_safe(clean)
    assert sanitise(clean) == clean


def test_what_mail_looks_like_survives() -> None:
    source = '<table width="600" bgcolor="#eee"><tr><td style="color: rgb(1, 2, 3); padding:4px" align=center><font color=red size=2>Hi</font> <a href="https://a.test/?x=1&y=2">link</a></td></tr></table>'
    soup = BeautifulSoup(sanitise(source), "html.parser")
    assert soup.table["bgcolor"] == "#eee"
    assert soup.td["style"].replace(" ", "") == "color:rgb(1,2,3);padding:4px"
    assert soup.a["href"] == "https://a.test/?x=1&y=2"
    assert soup.a["rel"] == ["noopener", "noreferrer", "nofollow"]
    assert soup.a["target"] == "_blank"


def test_images_are_inlined_blocked_or_shown() -> None:
    clean = sanitise(
        '<img src="cid:logo"><img src="https://a.test/x.png"><img src="http://localhost/t/o/abc">'
    )
    assert has_remote_images(clean)

    def sources(*, show: bool) -> list[str]:
        text = body_document(
            clean,
            inline={"logo": "data:image/png;base64,AAAA"},
            show_remote=show,
            own_url="http://localhost",
        )
        return [e["src"] for e in BeautifulSoup(text, "html.parser").find_all("img", src=True)]

    assert sources(show=False) == ["data:image/png;base64,AAAA"]
    assert sources(show=True) == ["data:image/png;base64,AAAA", "https://a.test/x.png"]


@pytest.mark.parametrize(
    ("style", "left"),
    [
        ("color:red", "color:red"),
        ("COLOR : red ;; margin:0 auto", "color:red;margin:0 auto"),
        ("background:red", None),
        ("width:calc(1px)", None),
        ("color:rgba(1,2,3,.5)", "color:rgba(1,2,3,.5)"),
        ("font-family:'A\";B'", None),
        ("color:red\\", None),
        ("color:/**/red", None),
    ],
)
def test_styles(style: str, left: str | None) -> None:
    assert safe_style(style) == left


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ('<p>new</p><div class="gmail_quote">old</div>', "new"),
        ('<p>new</p><blockquote type="cite">old</blockquote>', "new"),
        ('<div><p>new</p><div id="appendonsend"></div><hr><div>old</div></div>', "new"),
        ('<p>new</p><div id="divRplyFwdMsg">From</div><p>old</p>', "new"),
        (
            (
                '<div><p>new</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt">'
                "<p>From: Ada</p></div></div><p>old</p></div>"
            ),
            "new",
        ),
        ('<p>a</p><blockquote type="cite">old</blockquote><p>b</p>', "aoldb"),
        ('<div class="gmail_quote">only a quote</div>', "only a quote"),
        (
            '<p>see</p><div class="gmail_quote">---------- Forwarded message ---------<br>x</div>',
            "see---------- Forwarded message ---------x",
        ),
    ],
)
def test_history_is_folded_unless_it_is_content(markup: str, shown: str) -> None:
    soup = BeautifulSoup(fold_quoted(sanitise(markup)), "html.parser")
    for details in soup.find_all("details"):
        details.decompose()
    assert soup.get_text() == shown


def test_text_is_escaped_then_linked() -> None:
    html = linkify("see https://a.test/x_(y). or <b>http://b.test/?a=1&b=2</b> javascript:alert(1)")
    soup = BeautifulSoup(html, "html.parser")
    assert [a["href"] for a in soup.find_all("a")] == [
        "https://a.test/x_(y)",
        "http://b.test/?a=1&b=2",
    ]
    assert soup.find("b") is None
    own, quoted = text_to_html("<i>new</i>\n> old")
    assert ("&lt;i&gt;" in own, "old" in quoted) == (True, True)


def test_height_grows_with_the_text_and_not_with_the_history() -> None:
    short, long = sanitise("<p>x</p>"), sanitise("<p>x</p>" * 40)
    assert estimate_height(short) < estimate_height(long) <= 1600
    quoted = sanitise("<p>x</p><div class=gmail_quote>" + "<p>y</p>" * 40 + "</div>")
    assert estimate_height(short) < estimate_height(quoted) <= estimate_height(short) + FOLD


def test_a_narrow_frame_is_higher_and_no_word_of_a_short_letter_is_cut() -> None:
    letter = sanitise("<p>Hi Ada,</p><p>" + "word " * 60 + "</p><p>--<br>Mia<br>Berlin</p>")
    assert estimate_height(letter, NARROW) > estimate_height(letter, WIDE)
    # eight lines, three paragraphs with space around them
    assert estimate_height(letter, WIDE) >= 8 * 22 + 4 * 14


def test_paragraphs_of_outlook_stand_close() -> None:
    close = sanitise('<p class="MsoNormal">a</p>' * 20)
    assert 'class="MsoNormal"' in close
    assert estimate_height(close) < estimate_height(sanitise("<p>a</p>" * 20))


def test_our_own_pixel_is_no_image_from_elsewhere():
    own = '<img src="https://mail.example.test/t/o/abc.gif">'
    assert has_remote_images(own)
    assert not has_remote_images(own, "https://mail.example.test/")
    assert has_remote_images(
        own + '<img src="https://else.test/x.png">', "https://mail.example.test"
    )


@pytest.mark.parametrize("size", ['width="1" height="1"', 'height="0"'])
def test_a_picture_nobody_can_see_is_not_missed(size):
    assert not has_remote_images(sanitise(f'<img src="https://b.test/o.gif" {size}>'))
    assert has_remote_images(
        sanitise(f'<img src="https://b.test/o.gif" {size}><img src="https://b.test/x.png">')
    )


def scheme_of(clean: str, theme: str = "") -> str:
    """The styles of the document of a mail."""
    text = body_document(
        clean, inline={}, show_remote=False, own_url="http://localhost", theme=theme
    )
    return BeautifulSoup(text, "html.parser").style.text


def test_words_without_colours_follow_the_scheme_of_the_reader():
    plain = sanitise(
        '<p style="margin:0">Hello <b>there</b></p><img src="http://x.test/" width="1">'
    )
    assert is_plain(plain)
    assert "color-scheme: light dark" in scheme_of(plain)
    for theme, scheme in (("dark", "dark"), ("light", "light"), ("</style>", "light dark")):
        assert f"color-scheme: {scheme};" in scheme_of(plain, theme)


@pytest.mark.parametrize(
    "source",
    [
        '<p style="color:#222">Hi</p>',
        '<p style="margin:0;background-color:white">Hi</p>',
        '<table bgcolor="#fff"><tr><td>Hi</td></tr></table>',
        '<font color="red">Hi</font>',
        '<p>Hi</p><img src="cid:logo" width="120">',
    ],
)
def test_mail_with_colours_stands_on_paper(source):
    clean = sanitise(source)
    assert not is_plain(clean)
    assert "color-scheme: light dark" not in scheme_of(clean)
