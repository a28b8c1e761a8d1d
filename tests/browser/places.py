"""Makes what the pages of the walk are about, through the pages themselves."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.chromium import PATIENCE
from tests.servers.installation import ROOT, Installation, until

PASSWORD = "violet harbour stone 7"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihung"
COLLEAGUE, GUEST, NEWCOMER = "colleague@example.test", "guest@example.test", "new@example.test"
PEOPLE = f"""email,first_name,last_name,company
lang@people.sandbox.test,Friedrich-Wilhelm-Maximilian,{LONG},{LONG} GmbH
rtl@people.sandbox.test,عبد الرحمن,الخطيب,شركة النور للتجارة
plain@people.sandbox.test,Ada,Byron,Difference Engines
nobody,,,
"""


@dataclass
class Guide:
    """Finds the addresses that the names in braces stand for."""

    browser: Browser
    installation: Installation
    tab: Page  # the demo's user, signed in
    directory: Path  # for lists to upload

    def places(self) -> dict[str, str]:
        """One of everything: name → path, or id."""
        self.tab.goto("/dashboard")
        w = path_of(self.tab).removesuffix("/dashboard")
        found = {"w": w, **self.running(w), **self.draft(w), **self.people(w)}
        found["mail"] = str(until("a mail is queued", lambda: self.first_mail(w)))
        found["unsubscribe"] = self.unsubscribe(found["mail"])
        found["empty"] = self.empty_workspace(w)
        return found

    def running(self, w: str) -> dict[str, str]:
        """The demo's campaign, one of its accounts, a conversation."""
        campaign = self.first_link(f"{w}/campaigns?status=active", r"/campaigns/\d+")
        account = self.first_link(f"{w}/accounts", r"/accounts/\d+").rpartition("/")[2]
        self.tab.goto(f"{campaign}/sequence")
        step = self.tab.locator(".step").first.get_attribute("id") or ""
        self.tab.goto(f"{w}/mailhub")
        expect(self.tab.locator(".thread-row").first).to_be_visible()
        thread = self.first_link(f"{w}/mailhub?box=all", r"/mailhub/threads/\d+")
        step = step.removeprefix("step-")
        return {"campaign": campaign, "account": account, "step": step, "thread": thread}

    def first_link(self, url: str, pattern: str) -> str:
        """The path of the first link of that kind."""
        self.tab.goto(url)
        links = self.tab.locator("main a[href]").evaluate_all("all => all.map(a => a.pathname)")
        matches = (re.search(rf"^.*{pattern}", link) for link in links)
        return next(match[0] for match in matches if match)

    def draft(self, w: str) -> dict[str, str]:
        """A draft with long and right-to-left names, and one more list half way in."""
        (self.directory / "people.csv").write_text(PEOPLE, encoding="utf-8")
        self.tab.goto(f"{w}/campaigns/new")
        self.tab.get_by_label("Name").fill(f"{LONG} {LONG}")
        self.tab.get_by_role("button", name="Create campaign").click()
        self.tab.wait_for_url(re.compile(r"/campaigns/\d+$"))
        draft = path_of(self.tab)
        self.upload(f"{draft}/leads/new")
        self.tab.get_by_role("button", name=re.compile("^Check")).click()
        self.tab.get_by_role("button", name="Import 3 leads").click()
        expect(self.tab.get_by_text(re.compile(r"3 leads? "))).to_be_visible()
        report = path_of(self.tab)
        self.upload(f"{w}/leads/imports/new")
        return {"draft": draft, "report": report, "mapping": path_of(self.tab)}

    def upload(self, url: str) -> None:
        """Up to where the columns are asked for."""
        self.tab.goto(url)
        self.tab.set_input_files("input[type=file]", self.directory / "people.csv")
        self.tab.get_by_role("button", name="Upload and look inside").click()
        self.tab.wait_for_url(re.compile(r"/imports/\d+"))

    def people(self, w: str) -> dict[str, str]:
        """A second member, and one letter of each kind that the installation writes."""
        for email in (COLLEAGUE, GUEST):
            self.tab.goto(f"{w}/settings/members")
            self.tab.get_by_label("Email").fill(email)
            self.tab.get_by_role("button", name="Send invitation").click()
            expect(self.tab.get_by_text(email).first).to_be_visible()
        context = self.browser.new_context(base_url=self.installation.url)
        context.set_default_timeout(PATIENCE)
        visitor = context.new_page()
        self.join(visitor)
        context.clear_cookies()
        self.ask_for_letters(visitor)
        found = {
            "invitation": self.letter(visitor, GUEST, "/invitations/"),
            "reset": self.letter(visitor, COLLEAGUE, "/auth/forgot-password/"),
            "verify": self.letter(visitor, NEWCOMER, "/auth/verify/"),
        }
        context.close()
        member = self.first_link(f"{w}/settings/members", r"/members/\d+").rpartition("/")[2]
        return {**found, "member": member}

    def join(self, visitor: Page) -> None:
        """The colleague signs up by the invitation."""
        visitor.goto(self.letter(visitor, COLLEAGUE, "/invitations/"))
        visitor.get_by_label("Password", exact=True).fill(PASSWORD)
        visitor.get_by_role("button", name="Sign up and join").click()
        visitor.wait_for_url("**/dashboard")

    def ask_for_letters(self, visitor: Page) -> None:
        """A new password for one, a confirmation for another."""
        visitor.goto("/auth/forgot-password")
        visitor.get_by_label("Email").fill(COLLEAGUE)
        visitor.get_by_role("button", name="Send Password Reset Link").click()
        visitor.goto("/signup")
        visitor.get_by_label("Email").fill(NEWCOMER)
        visitor.get_by_label("Password", exact=True).fill(PASSWORD)
        visitor.get_by_role("button", name="Sign up").click()
        visitor.wait_for_url("**/workspaces/new")
        visitor.context.clear_cookies()

    def letter(self, visitor: Page, email: str, kind: str) -> str:
        """The path of the link in a letter to somebody."""
        visitor.goto("/sandbox/mail")
        letter = visitor.locator("article").filter(has_text=f"To {email}")
        link = letter.locator(f"a[href*='{kind}']").first
        expect(link).to_be_visible()
        return str(link.evaluate("link => link.pathname"))

    def first_mail(self, w: str) -> int | None:
        """The number of the first mail of the workspace."""
        engine = sa.create_engine(self.installation.database_url)
        query = (
            "SELECT min(outbox.id) FROM outbox JOIN workspace ON workspace.id = workspace_id"
            " WHERE slug = :slug"
        )
        with engine.connect() as connection:
            found = connection.scalar(sa.text(query), {"slug": w.removeprefix("/w/")})
        engine.dispose()
        return found if found is None else int(found)

    def unsubscribe(self, mail: str) -> str:
        """The page behind the link of that mail, signed as the installation signs."""
        code = f"from app.core.signing import sign_ids; print(sign_ids('unsubscribe', {mail}))"
        done = subprocess.run(
            [sys.executable, "-c", f"from wsgi import app\n{code}"],
            cwd=ROOT,
            env=self.installation.environ(),
            capture_output=True,
            text=True,
            check=True,
        )
        return f"/u/{done.stdout.strip()}"

    def empty_workspace(self, w: str) -> str:
        """Another workspace, with a long name and nothing in it. The demo's stays the current one,
        to which other tests are led."""
        self.tab.goto("/workspaces/new")
        self.tab.get_by_label("Name").fill(LONG[:60])
        self.tab.keyboard.press("Enter")
        self.tab.wait_for_url("**/dashboard")
        made = path_of(self.tab).removesuffix("/dashboard")
        self.tab.goto(f"{w}/dashboard")
        return made


def path_of(tab: Page) -> str:
    """Where the tab is, without the host."""
    return re.sub(r"^https?://[^/]+", "", tab.url)


def sign_in(context: BrowserContext, email: str, password: str) -> None:
    """As anybody would."""
    tab = context.new_page()
    tab.goto("/auth/login")
    tab.get_by_label("Email").fill(email)
    tab.get_by_label("Password", exact=True).fill(password)
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/dashboard")
    tab.close()
