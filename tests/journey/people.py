"""The people of a journey: who works with Parakeet, and who gets the mail."""

from __future__ import annotations

import re
import smtplib
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as SMTP_POLICY
from email.utils import localtime, make_msgid
from html import unescape
from typing import Any, Protocol

import requests
from imapclient import IMAPClient

PASSWORD = "quiet river lamp 42"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
LINK = re.compile(r'<a [^>]*href="([^"]+)"')
PIXEL = re.compile(r'<img [^>]*src="([^"]+)"')


class Visitor:
    """Somebody at the front doors: pages with cookies, JSON with a token."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages = requests.Session()
        self.json = requests.Session()
        self.json.headers["Accept"] = "application/json"

    def close(self) -> None:
        self.pages.close()
        self.json.close()

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.pages.get(self.url + path, timeout=120, **options)

    def submit(self, path: str, form: str = "", **fields: Any) -> requests.Response:
        """Fill in the form of the page `form` and send it to `path`."""
        token = TOKEN.search(self.get(form or path).text)
        assert token, f"no form at {form or path}"
        fields["csrf_token"] = unescape(token.group(1))
        answer = self.pages.post(self.url + path, data=fields, timeout=120)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text[:2000]}"
        return answer

    def sign_up(self, email: str, workspace: str) -> None:
        self.submit("/signup", email=email, password=PASSWORD)
        self.submit("/workspaces", "/workspaces/new", name=workspace, time_zone="UTC")

    def take_token(self, email: str) -> None:
        answer = self.ask("POST", "/api/auth/login", {"email": email, "password": PASSWORD})
        self.json.headers["Authorization"] = f"Bearer {answer['access_token']}"

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Call the JSON door; the answer's `data`, where there is one."""
        answer = self.call(method, path, json=body, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        found = answer.json() if answer.content else {}
        return found.get("data", found) if isinstance(found, dict) else found

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.json.request(method, self.url + path, timeout=120, **options)


class Mailboxes(Protocol):
    """A server whose mailboxes can be opened."""

    def client(self, user: str) -> IMAPClient: ...


def read_mails(mailboxes: Mailboxes, user: str, folder: str = "INBOX") -> list[EmailMessage]:
    """Every mail of a folder, in the order it came."""
    with mailboxes.client(user) as box:
        box.select_folder(folder, readonly=True)
        found = box.fetch(box.search(), ["BODY.PEEK[]"])
    parser = BytesParser(policy=SMTP_POLICY)
    # A mail that arrives meanwhile is announced with its flags alone.
    bodies = [found[uid][b"BODY[]"] for uid in sorted(found) if b"BODY[]" in found[uid]]
    return [parser.parsebytes(body) for body in bodies]  # type: ignore[misc]


def is_seen(mailboxes: Mailboxes, user: str, message_id: str) -> bool:
    with mailboxes.client(user) as box:
        box.select_folder("INBOX", readonly=True)
        uids = box.search(["HEADER", "Message-ID", message_id])
        flags = box.get_flags(uids)
    assert len(flags) == 1
    return rb"\Seen" in next(iter(flags.values()))


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def look_at_pictures(mail: EmailMessage) -> requests.Response:
    """What a mail program does when the mail is opened."""
    found = PIXEL.search(html_of(mail))
    assert found, html_of(mail)
    return requests.get(unescape(found.group(1)), headers={"User-Agent": FIREFOX}, timeout=120)


def follow_link(mail: EmailMessage) -> requests.Response:
    """A click; where it leads stays unvisited."""
    found = LINK.search(html_of(mail))
    assert found, html_of(mail)
    where = unescape(found.group(1))
    headers = {"User-Agent": FIREFOX}
    return requests.get(where, headers=headers, allow_redirects=False, timeout=120)


def unsubscribe_by_header(mail: EmailMessage) -> requests.Response:
    """The button of a mail program (RFC 8058)."""
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.search(r"<(https?://[^>]+)>", mail["List-Unsubscribe"])
    assert found
    return requests.post(found.group(1), data={"List-Unsubscribe": "One-Click"}, timeout=120)


def answer(mail: EmailMessage, text: str, *, by: str, port: int) -> str:
    """Answer a mail as a mail program does, over SMTP. The answer's Message-ID."""
    reply = EmailMessage()
    reply["From"], reply["To"] = by, mail["From"]
    reply["Subject"] = f"Re: {mail['Subject'].removeprefix('Re: ')}"
    reply["Message-ID"] = make_msgid(domain="people.test")
    reply["In-Reply-To"] = mail["Message-ID"]
    reply["References"] = f"{mail['References'] or ''} {mail['Message-ID']}".strip()
    reply["Date"] = localtime()
    reply.set_content(f"{text}\n\nOn Monday, {mail['From']} wrote:\n> {mail['Subject']}\n")
    with smtplib.SMTP("127.0.0.1", port, timeout=120) as server:
        server.send_message(reply)
    return str(reply["Message-ID"])
