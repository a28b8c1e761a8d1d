"""Style sheets, scripts and pictures: each one is loaded, each class and controller is used."""

import hashlib
import re
from pathlib import Path

import pytest

from app.web.assets import FIRST

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
CLASS = re.compile(r"\.(-?[a-zA-Z_][\w-]*)")


def text_of(*folders: str) -> str:
    """Everything that may name an asset."""
    parts = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if (
                path.suffix in {".html", ".py", ".js", ".txt", ".svg"}
                and "vendor" not in path.parts
            ):
                parts.append(path.read_text())
    return "\n".join(parts)


MARKUP = text_of("templates", "app", "static/js")


def test_style_sheets_stand_where_they_are_looked_for():
    """Those beside the folders are named in order; those inside are found by themselves."""
    css = STATIC / "css"
    assert {path.name for path in css.glob("*.css")} == set(FIRST)
    assert {path.name for path in css.iterdir() if path.is_dir()} == {"components", "rooms"}


def test_every_class_is_used():
    """A rule for a class no template and no script knows is dead."""
    unused = set()
    for path in (STATIC / "css").rglob("*.css"):
        css = re.sub(r"/\*.*?\*/|url\([^)]*\)|\"[^\"]*\"", "", path.read_text(), flags=re.DOTALL)
        selectors = " ".join(re.findall(r"([^{};]+)\{", css))
        unused |= {(path.name, name) for name in CLASS.findall(selectors) if not is_named(name)}
    assert not sorted(unused)


def is_named(name: str) -> bool:
    """Literally, or put together from a stem: `badge--{{ tone }}`, `"btn--" ~ kind`."""
    if name in MARKUP or name.startswith(("trix", "u-", "uplot", "sortable", "htmx")):
        return True
    stems = [name[: found.end()] for found in re.finditer(r"[-_]+", name)]
    return any(re.search(re.escape(stem) + r"(\{\{|\$?\{|[\"'`] ?[~+])", MARKUP) for stem in stems)


@pytest.mark.parametrize(
    "path", sorted((STATIC / "js/controllers").glob("*.js")), ids=lambda path: path.stem
)
def test_every_controller_is_used(path):
    name = path.stem
    is_used = re.search(rf"\b{name}\b", text_of("templates", "app"))
    assert is_used, f"nobody uses {name}"


def test_every_other_script_and_picture_is_named():
    named = MARKUP + (ROOT / "static/js/app.js").read_text()
    named += "\n".join(path.read_text() for path in (STATIC / "css").rglob("*.css"))
    unused = [
        str(path.relative_to(STATIC))
        for folder in ("js", "img", "vendor", "fonts")
        for path in (STATIC / folder).glob("*.*")
        if path.suffix not in {".md", ".txt"} and path.name not in named and path.stem not in named
    ]
    assert not unused, unused


def test_vendored_files_are_those_of_the_list():
    listed = (STATIC / "vendor/README.md").read_text()
    for path in (STATIC / "vendor").glob("*.*"):
        if path.name != "README.md":
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert f"| {path.name} |" in listed
            assert digest in listed, path.name
