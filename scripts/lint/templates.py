"""Templates: they compile with the application's own filters and tests, everything they include
or import is there, nothing is inline that the Content-Security-Policy forbids, and `|safe` says
why it is safe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, nodes

from scripts.lint.source import Finding

SAFE = re.compile(r"\|\s*safe\b|autoescape\s+false")
REASON = re.compile(r"\{#-?\s*safe:\s*\S.{6,}")
INLINE = {
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "script without src": re.compile(
        r"<script\b(?![^>]*\bsrc\s*=)(?![^>]*type=\"importmap\")", re.IGNORECASE
    ),
    "event handler": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"'{]", re.IGNORECASE),
    "javascript: link": re.compile(r"(href|action)\s*=\s*[\"']javascript:", re.IGNORECASE),
}
# A document shown in a sandboxed frame has a policy of its own and may carry its styles.
FRAME = re.compile(r"\{#-?\s*frame:\s*\S.{6,}")
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


def check(root: Path) -> Iterator[Finding]:
    return check_folder(root / "templates", application_environment())


def application_environment() -> Environment:
    """The Jinja environment pages are rendered with."""
    from app import create_app

    no_server = {"TESTING": True, "SQLALCHEMY_DATABASE_URI": "postgresql+psycopg://"}
    environment: Environment = create_app(**no_server).jinja_env
    return environment


def check_folder(folder: Path, environment: Environment) -> Iterator[Finding]:
    if not issubclass(environment.undefined, StrictUndefined):
        yield Finding(folder.name, 1, "templates must be rendered with StrictUndefined")
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        source = file.read_text()
        path = f"{folder.name}/{file.relative_to(folder).as_posix()}"
        yield from syntax(path, source, environment, folder)
        yield from unexplained_safe(path, source)
        styled = is_mail(file.relative_to(folder)) or FRAME.search(source)
        if file.suffix == ".html" and not styled:
            yield from inline_code(path, source)


def is_mail(path: Path) -> bool:
    """Mails are read in mail programs, which know inline styles only."""
    return bool({"mail", "mails", "email"} & set(path.parts)) or path.stem == "email"


def syntax(path: str, source: str, environment: Environment, folder: Path) -> Iterator[Finding]:
    try:
        environment.compile(source, path)
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        yield Finding(path, error.lineno, f"does not compile: {error.message}")
        return
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    for node in tree.find_all(kinds):
        for name in names(node.template):  # type: ignore[attr-defined]
            if not (folder / name).is_file():
                yield Finding(path, node.lineno, f"names {name}, which is not there")


def names(node: nodes.Node) -> list[str]:
    """Template names written out in a tag; names worked out at run time are not judged."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, nodes.Tuple | nodes.List):
        return [name for item in node.items for name in names(item)]
    return []


def unexplained_safe(path: str, source: str) -> Iterator[Finding]:
    lines = source.splitlines()
    for number, line in enumerate(lines, 1):
        code = COMMENT.sub("", line)
        explained = REASON.search("\n".join(lines[max(0, number - 2) : number]))
        if SAFE.search(code) and not explained:
            yield Finding(path, number, "|safe without a reason: {# safe: why #}")


def inline_code(path: str, source: str) -> Iterator[Finding]:
    bare = COMMENT.sub(lambda found: "\n" * found[0].count("\n"), source)
    for what, pattern in INLINE.items():
        for found in pattern.finditer(bare):
            yield Finding(path, bare.count("\n", 0, found.start()) + 1, f"{what} in a page")
