"""Documents: their links lead somewhere, lists are whole, every setting is described."""

import re
from pathlib import Path

import pytest

from app.campaigns.queries.people import STATE_WORDS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
)
LINK = re.compile(r"(?<!`)\[[^\]]+\]\(([^)\s]+)\)")


def anchor(heading: str) -> str:
    """How a heading is named in an address."""
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return words.replace(" ", "-")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    dead = []
    for target in LINK.findall(path.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists():
            dead.append(target)
        elif fragment and file.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", file.read_text(), flags=re.MULTILINE)
            if fragment not in map(anchor, headings):
                dead.append(target)
    assert not dead, dead


def test_the_list_of_decisions_is_whole():
    folder = ROOT / "docs/adr"
    index = (folder / "README.md").read_text()
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert re.findall(r"\((\d{4}-[\w-]+\.md)\)", index) == files
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    for name in files:
        title = (folder / name).read_text().splitlines()[0]
        assert title.startswith("# "), name


def test_there_is_a_changelog():
    text = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## ", text, flags=re.MULTILINE)
    assert "- " in text


def test_every_setting_is_described():
    """Whatever config.py reads from the environment stands in docs/deployment.md."""
    source = (ROOT / "config.py").read_text()
    names = set(re.findall(r"(?:environ\.get|_list|_int)\(\s*\"([A-Z][A-Z_]+)\"", source))
    assert len(names) > 15
    described = (ROOT / "docs/deployment.md").read_text()
    assert not sorted(name for name in names if f"`{name}`" not in described)


def test_nothing_else_reads_the_environment():
    """`config.py` is the only door; a process that has no app says so here."""
    allowed = {"app/sandbox/world"}
    readers = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "app").rglob("*.py")
        if re.search(r"os\.(environ|getenv)", path.read_text())
        and not any(str(path.relative_to(ROOT)).startswith(name) for name in allowed)
    ]
    assert not readers, readers


def test_commands_named_in_documents_exist(app):
    """`flask seed` in a document is a command of the app."""
    named = set()
    for path in DOCUMENTS:
        named |= set(re.findall(r"`flask ([a-z]+)\b", path.read_text()))
    known = set(app.cli.commands) | {"run", "shell", "routes"}
    assert not sorted(named - known)


def test_the_glossary_has_the_status_words_of_the_pages(app):
    text = (ROOT / "docs/ui.md").read_text().partition("Status words")[2]
    labels = app.jinja_env.get_template("sending/_labels.html").module
    mails = ("queued", "sending", "sent", "failed", "held", "uncertain", "cancelled")
    shown = {
        "campaign lead": set(STATE_WORDS.values()),
        "mail in the outbox": {str(labels.word(state)).strip() for state in mails},
    }
    for thing, words in shown.items():
        row = re.search(rf"^\| {thing} \| (.+) \|$", text, flags=re.MULTILINE)
        assert row, thing
        named = {re.sub(r" \(.*", "", word) for word in row[1].split(", ")}
        assert named == {word.lower() for word in words}
