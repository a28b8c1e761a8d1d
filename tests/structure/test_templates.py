"""Templates: each one parses, names only what exists, is used, and says what it expects."""

import re
from pathlib import Path

import pytest
from jinja2 import nodes

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "templates"
NAMES = sorted(
    str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in {".html", ".txt"}
)
PARTIALS = [name for name in NAMES if Path(name).name.startswith("_") or name.endswith(".oob.html")]
SAYS = re.compile(r"\{#-? .*\bexpects\b", re.IGNORECASE)
COMMENT = re.compile(r"\{#-? \w")


@pytest.fixture
def trees(app) -> dict[str, nodes.Template]:
    """Every template, parsed."""
    env = app.jinja_env
    return {name: env.parse((FOLDER / name).read_text(), name) for name in NAMES}


def referred(tree: nodes.Template) -> set[str]:
    """Templates this one extends, includes or imports by a literal name."""
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    found = set()
    for node in tree.find_all(kinds):
        for part in [node.template, *node.template.find_all(nodes.Const)]:
            if isinstance(part, nodes.Const) and isinstance(part.value, str):
                found.add(part.value)
    return found


def test_every_template_named_in_a_template_exists(trees):
    missing = [
        (name, other)
        for name, tree in trees.items()
        for other in sorted(referred(tree))
        if Path(other).suffix and not (FOLDER / other).is_file()
    ]
    assert not missing, missing


def test_every_address_named_in_a_template_exists(app, trees):
    known, wrong = set(app.view_functions), []
    for name, tree in trees.items():
        blueprint = Path(name).parts[0]
        for call in tree.find_all(nodes.Call):
            if not (isinstance(call.node, nodes.Name) and call.node.name == "url_for"):
                continue
            given = call.args[0] if call.args else None
            if isinstance(given, nodes.Const):
                endpoint = given.value
                full = blueprint + endpoint if endpoint.startswith(".") else endpoint
                if full not in known:
                    wrong.append((name, endpoint))
    assert not wrong, wrong


def test_every_template_is_used(trees):
    """By another template, or by its name in the code."""
    code = "\n".join(path.read_text() for path in (ROOT / "app").rglob("*.py"))
    everything = code + "\n".join((FOLDER / name).read_text() for name in NAMES)
    unused = [
        name
        for name in NAMES
        if name not in everything and not (name.endswith(".txt") and stem_is_named(name, code))
    ]
    unused = [name for name in unused if not stem_is_named(name, code)]
    assert not unused, unused


def stem_is_named(name: str, code: str) -> bool:
    """Mails are named without their ending: one for each of the two forms."""
    stem = name.rsplit(".", 1)[0]
    return f'"{stem}"' in code or (f'"{Path(stem).name}"' in code and "/mail/" in name)


@pytest.mark.parametrize("name", PARTIALS)
def test_partials_say_what_they_expect(name):
    """Macros say it in their signatures; a file of them still says what it is about."""
    source = (FOLDER / name).read_text()
    first = source.lstrip().splitlines()[0]
    assert (COMMENT if "{%- macro" in source else SAYS).match(first), first


@pytest.mark.parametrize("name", PARTIALS)
def test_partials_stand_alone(name):
    """A partial is also the answer to htmx, where no page around it has brought the components."""
    source = (FOLDER / name).read_text()
    uses = re.search(r"(?:\{\{|\{%)[^{}]*\bui\.", source)
    assert not uses or 'import "components/ui.html" as ui' in source


def test_imported_macros_exist_and_are_used(trees):
    wrong = []
    for name, tree in trees.items():
        source = (FOLDER / name).read_text()
        for node in tree.find_all(nodes.FromImport):
            if not isinstance(node.template, nodes.Const):
                continue
            offered = {m.name for m in trees[node.template.value].find_all(nodes.Macro)}
            for wanted in node.names:
                original, local = wanted if isinstance(wanted, tuple) else (wanted, wanted)
                if original not in offered and original not in re_exported(trees, node):
                    wrong.append((name, original, "is not there"))
                elif len(re.findall(rf"\b{local}\b", source)) < 2:
                    wrong.append((name, local, "is not used"))
    assert not wrong, wrong


def re_exported(trees, node: nodes.FromImport) -> set[str]:
    """Names the imported template itself imported or set."""
    tree, names = trees[node.template.value], set()
    for inner in tree.find_all(nodes.FromImport):
        names |= {wanted[1] if isinstance(wanted, tuple) else wanted for wanted in inner.names}
    for assigned in tree.find_all(nodes.Assign):
        names |= {target.name for target in assigned.find_all(nodes.Name)}
    return names


def test_components_are_used(trees):
    """A macro nobody calls is deleted, not kept for later."""
    everything = "\n".join((FOLDER / name).read_text() for name in NAMES)
    unused = [
        (name, macro.name)
        for name, tree in trees.items()
        for macro in tree.find_all(nodes.Macro)
        if len(re.findall(rf"\b{macro.name}\b", everything)) < 2
    ]
    assert not unused, unused
