"""Every house rule finds what it forbids and leaves alone what it allows."""

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined

from scripts.lint import clocks, commits, ownership, raw_sql, styles, templates, unscoped

MODEL = '''"""Owner: leads (people). Leads of a campaign."""
class Lead(WorkspaceOwned, Base): ...
class Tag(Base): ...
'''
HEAD = "from sqlalchemy import insert, text, update\nfrom app.models.lead import Lead, Tag\n"


@pytest.fixture
def project(tmp_path):
    """Writes files of a small project: project({"app/leads/services.py": "…"})."""

    def write(files):
        for name, text in {"app/models/lead.py": MODEL, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def lines(findings):
    return [(finding.path, finding.line) for finding in findings]


class TestCommits:
    def test_finds_a_commit_in_a_service(self, project):
        root = project({"app/leads/services.py": "def f():\n    db.session.commit()\n"})
        assert lines(commits.check(root)) == [("app/leads/services.py", 2)]

    def test_allows_it_at_the_edge_and_in_the_outside_world(self, project):
        root = project(
            {
                "app/core/transactions.py": "db.session.commit()\n",
                "app/sandbox/world/store.py": "connection.commit()\n",
            }
        )
        assert lines(commits.check(root)) == []

    def test_reads_the_worker_too(self, project):
        assert lines(commits.check(project({"worker.py": "session.commit()\n"})))


class TestClocks:
    @pytest.mark.parametrize(
        "reading",
        ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()", "time.time()"],
    )
    def test_finds_every_clock(self, project, reading):
        root = project({"app/leads/services.py": f"at = {reading}\n"})
        assert lines(clocks.check(root)) == [("app/leads/services.py", 1)]

    def test_allows_the_one_clock_and_stop_watches(self, project):
        root = project(
            {
                "app/core/clock.py": "datetime.now(UTC)\n",
                "app/leads/jobs.py": "began = time.monotonic()\n",
            }
        )
        assert lines(clocks.check(root)) == []

    def test_allows_it_with_a_reason(self, project):
        reasoned = "# clock: Redis counts in Unix time\nscore = time.time()\n"
        assert lines(clocks.check(project({"app/core/rq.py": reasoned}))) == []

    def test_an_empty_reason_is_none(self, project):
        assert lines(clocks.check(project({"app/core/rq.py": "at = time.time()  # clock: x\n"})))


class TestUnscoped:
    @pytest.mark.parametrize(
        "call", ["unscoped()", 'unscoped("")', "unscoped(why)", 'tenancy.unscoped(f"x{y}z")']
    )
    def test_finds_a_missing_reason(self, project, call):
        root = project({"app/leads/jobs.py": f"with {call}:\n    pass\n"})
        assert lines(unscoped.check(root)) == [("app/leads/jobs.py", 1)]

    def test_allows_a_written_reason(self, project):
        source = 'with unscoped("imports of all workspaces are swept"):\n    pass\n'
        assert lines(unscoped.check(project({"app/leads/jobs.py": source}))) == []


class TestRawSql:
    @pytest.mark.parametrize(
        "line",
        [
            'session.execute(text("SELECT 1"))',
            "session.execute(sa.text(statement))",
            "rows = Lead.__table__.select()",
            "session.bulk_save_objects(rows)",
            "connection.exec_driver_sql(statement)",
            'cursor.copy("COPY lead FROM STDIN")',
        ],
    )
    def test_finds_ways_around_the_wall(self, project, line):
        root = project({"app/leads/services.py": HEAD + line + "\n"})
        assert set(lines(raw_sql.check(root))) == {("app/leads/services.py", 3)}

    def test_allows_core_tables_and_a_reason(self, project):
        line = 'session.execute(text("SELECT 1"))\n'
        root = project(
            {
                "app/core/db.py": HEAD + line,
                "app/models/lead.py": HEAD + 'Index(postgresql_where=text("state = 1"))\n',
                "app/leads/services.py": HEAD + "# sql: the planner hint has no ORM form\n" + line,
            }
        )
        assert lines(raw_sql.check(root)) == []

    def test_a_name_that_is_merely_called_text_is_none(self, project):
        root = project({"app/leads/services.py": "def text(a): ...\ntext(1)\nelement.text()\n"})
        assert lines(raw_sql.check(root)) == []


class TestOwnership:
    @pytest.mark.parametrize(
        "write", ["Lead(email=e)", "session.execute(update(Lead).values(a=1))", "delete(Lead)"]
    )
    def test_finds_a_write_into_a_foreign_table(self, project, write):
        root = project(
            {"app/campaigns/services.py": HEAD + write + "\n", "app/leads/services.py": ""}
        )
        assert lines(ownership.check(root)) == [("app/campaigns/services.py", 3)]

    def test_allows_the_owner_and_a_reason(self, project):
        root = project(
            {
                "app/leads/services.py": HEAD + "Lead(email=e)\n",
                "app/campaigns/services.py": HEAD + "Lead()  # owner: a preview, never stored\n",
            }
        )
        assert lines(ownership.check(root)) == []

    def test_another_class_of_the_same_name_is_no_table(self, project):
        source = "from app.campaigns.rules import Lead\nLead(1)\n"
        root = project({"app/campaigns/services.py": source, "app/leads/services.py": ""})
        assert lines(ownership.check(root)) == []

    def test_finds_an_insert_without_workspace(self, project):
        bad = HEAD + "def f():\n    session.execute(insert(Lead).values(rows))\n"
        good = HEAD + "def f():\n    insert(Lead).values(workspace_id=require_workspace_id())\n"
        free = HEAD + "def f():\n    insert(Tag).values(rows)\n"
        assert lines(ownership.check(project({"app/leads/services.py": bad}))) == [
            ("app/leads/services.py", 4)
        ]
        assert lines(ownership.check(project({"app/leads/services.py": good + free}))) == []

    def test_a_key_may_have_a_name(self, project):
        upsert = "insert(Lead).on_conflict_do_nothing(index_elements=key)  # workspace_id\n"
        bad = {"app/leads/services.py": HEAD + 'key = ["email"]\n' + upsert}
        good = {"app/leads/services.py": HEAD + 'key = ["workspace_id", "email"]\n' + upsert}
        assert lines(ownership.check(project(bad))) == [("app/leads/services.py", 4)]
        assert lines(ownership.check(project(good))) == []

    def test_finds_an_upsert_whose_key_crosses_workspaces(self, project):
        upsert = (
            HEAD
            + "def f():\n    insert(Lead).values(workspace_id=1)"
            + '.on_conflict_do_nothing(index_elements=["{key}email"])\n'
        )
        crossing = {"app/leads/services.py": upsert.replace("{key}", "")}
        within = {"app/leads/services.py": upsert.replace("{key}", 'workspace_id", "')}
        assert lines(ownership.check(project(crossing))) == [("app/leads/services.py", 4)]
        assert lines(ownership.check(project(within))) == []


class TestTemplates:
    def check(self, tmp_path, source, name="page.html", undefined=StrictUndefined):
        folder = tmp_path / "templates"
        folder.mkdir(exist_ok=True)
        (folder / "part.html").write_text("<p>part</p>\n")
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
        environment = Environment(loader=DictLoader({}), undefined=undefined, autoescape=True)
        return lines(templates.check_folder(folder, environment))

    @pytest.mark.parametrize(
        "source",
        [
            "{% if %}",
            "{{ x | no_such_filter }}",
            '{% include "gone.html" %}',
            '{% from "gone.html" import button %}',
            "{{ body | safe }}",
            "{% autoescape false %}{{ x }}{% endautoescape %}",
            '<p style="color: red">',
            "<style>p {}</style>",
            "<script>go()</script>",
            '<button onclick="go()">',
            '<a href="javascript:go()">',
        ],
    )
    def test_finds(self, tmp_path, source):
        assert self.check(tmp_path, source) == [("templates/page.html", 1)]

    @pytest.mark.parametrize(
        "source",
        [
            '{% include "part.html" %}',
            '{% include ["gone-" ~ kind ~ ".html"] %}',
            "{# safe: cleaned by nh3 when stored #}\n{{ body | safe }}",
            '<script src="/static/a.js"></script>',
            '{# <p style="color: red"> #}',
            '<p data-style="wide" data-onclick="1">',
        ],
    )
    def test_allows(self, tmp_path, source):
        assert self.check(tmp_path, source) == []

    def test_mails_may_style_inline(self, tmp_path):
        assert self.check(tmp_path, '<p style="margin: 0">', "mail/verify.html") == []

    def test_a_document_for_a_sandboxed_frame_may_style_inline(self, tmp_path):
        source = "{# frame: a preview with a policy of its own #}<style>p {}</style>"
        assert self.check(tmp_path, source) == []

    def test_wants_strict_undefined(self, tmp_path):
        from jinja2 import Undefined

        assert self.check(tmp_path, "<p>", undefined=Undefined) == [("templates", 1)]


class TestStyles:
    def check(self, project, css, **files):
        named = {f"static/css/{name}.css": text for name, text in files.items()}
        page = {"templates/page.html": '<p class="card">{% import "components/a.html" as a %}'}
        known = {"templates/components/a.html": "", "static/css/components/card.css": css}
        return lines(styles.check(project({"static/css/tokens.css": "", **page, **known, **named})))

    @pytest.mark.parametrize(
        "colour", ["#fff", "#a1b2c3", "rgb(0 0 0)", "oklch(0.5 0 0)", "1px solid red", "white"]
    )
    def test_finds_a_colour_outside_the_tokens(self, project, colour):
        found = self.check(project, ".card {\n  border: " + colour + ";\n}\n")
        assert found == [("static/css/components/card.css", 2)]

    def test_allows_colours_in_the_tokens_and_tokens_elsewhere(self, project):
        css = ".card { color: var(--color-ink); background: transparent; } /* #fff */\n"
        assert self.check(project, css, tokens=":root { --color-ink: #111; }") == []

    def test_a_colour_may_be_worked_out_from_a_property(self, project):
        css = ".card { --hue: 9; color: light-dark(oklch(0.9 0.1 var(--hue)), oklch(0.4 0.1 var(--hue))); }"
        assert self.check(project, css) == []

    def test_a_name_that_holds_a_colour_word_is_none(self, project):
        css = ".card { white-space: nowrap; color: var(--raw-red); grid-area: red-cell; }\n"
        assert self.check(project, css, tokens=":root { --raw-red: #900; }") == []

    def test_finds_an_unknown_token_without_fallback(self, project):
        css = ".card { color: var(--gone); margin: var(--maybe, 0); }\n"
        assert self.check(project, css) == [("static/css/components/card.css", 1)]

    def test_finds_a_sheet_and_a_component_nobody_uses(self, project):
        root = project({"templates/components/lost.html": "<p>"})
        assert root
        found = self.check(project, ".ghost { margin: 0; }\n")
        assert found == [
            ("static/css/components/card.css", 1),
            ("templates/components/lost.html", 1),
        ]
