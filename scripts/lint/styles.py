"""Style sheets: colours live in tokens.css alone (a colour worked out from a property, such as
the hue of an avatar, may stand where the property is), every var() is defined somewhere, and no
component file has fallen out of use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from scripts.lint.source import Finding

TOKENS = "static/css/tokens.css"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STRINGS = re.compile(r"url\([^)]*\)|\"[^\"]*\"|'[^']*'")
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b(?=[^{]*[;}])|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch)\((?![^()]*var\()",
    re.IGNORECASE,
)
NAMED = re.compile(
    r":[^;{}]*(?<![-\w.#])"
    r"(?:black|white|red|green|blue|yellow|orange|purple|gray|grey|silver|navy|teal|maroon)"
    r"(?![-\w(])[^;{}]*[;}]",
    re.IGNORECASE,
)
DEFINED = re.compile(r"(--[\w-]+)\s*:")
REGISTERED = re.compile(r"@property\s+(--[\w-]+)")
USED = re.compile(r"var\(\s*(--[\w-]+)\s*([,)])")
SET_BY_SCRIPT = re.compile(r"setProperty\(\s*[\"'`](--[\w-]+)")
CLASS = re.compile(r"\.(-?[a-zA-Z_][\w-]*)")
TEMPLATE_REFERENCE = re.compile(r"[\"']([\w/.-]+\.html)[\"']")


def check(root: Path) -> Iterator[Finding]:
    sheets = {path: stripped(path) for path in sorted((root / "static/css").rglob("*.css"))}
    yield from stray_colours(root, sheets)
    yield from unknown_tokens(root, sheets)
    yield from unused_sheets(root, sheets)
    yield from unused_components(root)


def stripped(path: Path) -> str:
    """The sheet with comments, strings and addresses blanked out, lines kept."""
    text = path.read_text()
    for pattern in (COMMENT, STRINGS):
        text = pattern.sub(lambda found: "\n" * found[0].count("\n"), text)
    return text


def stray_colours(root: Path, sheets: dict[Path, str]) -> Iterator[Finding]:
    for path, text in sheets.items():
        if path == root / TOKENS:
            continue
        for pattern in (COLOUR, NAMED):
            for found in pattern.finditer(text):
                yield at(root, path, text, found, "a colour outside tokens.css; use a --color-*")


def unknown_tokens(root: Path, sheets: dict[Path, str]) -> Iterator[Finding]:
    scripts = "\n".join(path.read_text() for path in own_scripts(root))
    known = set(SET_BY_SCRIPT.findall(scripts))
    for text in sheets.values():
        known |= {*DEFINED.findall(text), *REGISTERED.findall(text)}
    for path, text in sheets.items():
        for found in USED.finditer(text):
            if found[1] not in known and found[2] == ")":
                yield at(root, path, text, found, f"{found[1]} is defined nowhere")


def unused_sheets(root: Path, sheets: dict[Path, str]) -> Iterator[Finding]:
    """A sheet none of whose classes stands in a template, a script or a Python file."""
    places = [*(root / "templates").rglob("*.html"), *own_scripts(root)]
    places += (root / "app").rglob("*.py")
    words = set(re.findall(r"[\w-]+", "\n".join(path.read_text() for path in places)))
    for path, text in sheets.items():
        classes = set(CLASS.findall(re.sub(r"\{[^{}]*\}", "", text)))
        if path.parent.name == "components" and classes and not classes & words:
            yield Finding(path.relative_to(root).as_posix(), 1, "no page uses this component")


def unused_components(root: Path) -> Iterator[Finding]:
    """A template component nothing imports or includes."""
    folder = root / "templates"
    places = [*folder.rglob("*.html"), *folder.rglob("*.xml"), *(root / "app").rglob("*.py")]
    named = {name for path in places for name in TEMPLATE_REFERENCE.findall(path.read_text())}
    for path in sorted((folder / "components").rglob("*.html")):
        if path.relative_to(folder).as_posix() not in named:
            yield Finding(path.relative_to(root).as_posix(), 1, "no template uses this component")


def own_scripts(root: Path) -> list[Path]:
    return [path for path in (root / "static").rglob("*.js") if "vendor" not in path.parts]


def at(root: Path, path: Path, text: str, found: re.Match[str], message: str) -> Finding:
    line = text.count("\n", 0, found.start()) + 1
    return Finding(path.relative_to(root).as_posix(), line, message)
