"""Hashed files, the joined stylesheet, the import map, vendored files as published."""

import hashlib
import json
import re
from pathlib import Path

from bs4 import BeautifulSoup

from app.web.assets import asset_url

STATIC = Path(__file__).parents[2] / "static"


def head(client):
    return BeautifulSoup(client.get("/styleguide/public").text, "html.parser").head


def test_a_hashed_file_is_kept_for_a_year(app, client):
    with app.test_request_context("/"):
        url = asset_url("js/app.js")
    assert "immutable" in client.get(url, buffered=True).headers["Cache-Control"]
    assert "immutable" not in client.get("/static/js/app.js", buffered=True).headers.get(
        "Cache-Control", ""
    )


def test_the_stylesheet_holds_every_file_in_layer_order(client):
    response = client.get(head(client).select_one("link[rel=stylesheet]")["href"])
    assert response.text.index("@layer reset, base, layout") < response.text.index(".btn {")
    assert "immutable" in response.headers["Cache-Control"]
    for path in (STATIC / "css").rglob("*.css"):
        assert path.read_text() in response.text


def test_an_old_stylesheet_url_still_answers_uncached(client):
    response = client.get("/assets/000000000000.css")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"


def test_everything_the_head_names_exists(client):
    page = head(client)
    urls = [tag["href"] for tag in page.select("link")] + [
        s["src"] for s in page.select("script[src]")
    ]
    urls += json.loads(page.select_one("script[type=importmap]").string)["imports"].values()
    assert len(urls) > 25
    assert {client.get(url, buffered=True).status_code for url in urls} == {200}


def test_every_controller_named_in_a_template_exists(app):
    known = {path.stem for path in (STATIC / "js/controllers").glob("*.js")}
    templates = (STATIC.parent / "templates").rglob("*.html")
    named = [
        n for path in templates for n in re.findall(r'data-controller="([^"{]+)"', path.read_text())
    ]
    assert {name for text in named for name in text.split()} <= known


def test_every_icon_named_in_a_template_exists():
    known = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "img/icons.svg").read_text()))
    templates = (STATIC.parent / "templates").rglob("*.html")
    named = {
        name
        for path in templates
        for name in re.findall(
            r'(?:\bicon\(|icon_name=|icon_button\()"([a-z0-9-]+)"', path.read_text()
        )
    }
    assert named - known == set()


def test_vendored_files_are_the_published_ones():
    rows = re.findall(
        r"^\| (\S+) \|.*`([0-9a-f]{64})`", (STATIC / "vendor/README.md").read_text(), re.MULTILINE
    )
    vendored = {path.name for path in (STATIC / "vendor").iterdir() if path.is_file()}
    assert {name for name, _digest in rows} >= vendored - {"README.md"}
    for name, digest in rows:
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest


def test_colours_live_in_the_tokens():
    """Only a hue that comes from data (an account, a name) may be mixed elsewhere."""
    for path in (STATIC / "css").rglob("*.css"):
        text = re.sub(r"oklch\([^()]*var\(--[a-z]+-hue[^)]*\)\)", "", path.read_text())
        if path.name != "tokens.css":
            assert not re.search(r"oklch\(\d|#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(", text), path


def test_every_token_used_is_defined():
    texts = [path.read_text() for path in (STATIC / "css").rglob("*.css")]
    defined = {name for text in texts for name in re.findall(r"(--[a-z0-9-]+)\s*:", text)}
    used = {name for text in texts for name in re.findall(r"var\((--[a-z0-9-]+)\)", text)}
    assert used - defined == set()


def test_the_favicon_answers_under_its_old_name(client):
    assert client.get("/favicon.ico", buffered=True).mimetype == "image/svg+xml"
