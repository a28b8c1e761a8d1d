"""The simulated people's browsers and mail programs: short HTTP requests with real agents."""

import asyncio
import http.client
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from urllib.parse import urljoin, urlsplit

from app.sandbox.world.reading import same_site

TIMEOUT = 8.0
MAX_HOPS = 3
# Threads of their own: a slow site must not hold up the journal's disk writes.
_POOL = ThreadPoolExecutor(8, thread_name_prefix="browser")

BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
)  # fmt: skip
MAIL_PROGRAMS = (
    *BROWSERS,
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; Microsoft Outlook 16.0.17932; ms-office; MSOffice 16)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
)  # fmt: skip


class Unreachable(Exception):
    """The site did not answer, or with a server error: worth another try."""


def browser_of(address: str) -> str:
    """The browser this person clicks with, always the same."""
    return BROWSERS[_choice(address, "browser", len(BROWSERS))]


def mail_program_of(address: str) -> str:
    """What this person reads mail with, always the same."""
    return MAIL_PROGRAMS[_choice(address, "mail", len(MAIL_PROGRAMS))]


def _choice(address: str, what: str, count: int) -> int:
    return int.from_bytes(sha256(f"{what}|{address}".encode()).digest()[:4], "big") % count


async def visit(url: str, agent: str, sites: frozenset[str], *, one_click: bool = False) -> int:
    """Open an address of one of `sites`, following redirects within them; the last status.

    Any other address is not asked for: 0. Errors: `Unreachable`.
    """
    status = 0
    for _hop in range(MAX_HOPS):
        if not same_site(url, sites):
            break
        loop = asyncio.get_running_loop()
        status, location = await loop.run_in_executor(_POOL, _request, url, agent, one_click)
        if status >= 500 or status == 429:
            raise Unreachable(f"status {status}")
        if one_click or status not in (301, 302, 303, 307, 308) or not location:
            break
        url = urljoin(url, location)
    return status


def _request(url: str, agent: str, one_click: bool) -> tuple[int, str]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        if one_click:
            form = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": agent}
            connection.request("POST", path, "List-Unsubscribe=One-Click", form)
        else:
            connection.request("GET", path, headers={"User-Agent": agent, "Accept": "*/*"})
        response = connection.getresponse()
        response.read(65536)
        return response.status, response.getheader("Location") or ""
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(str(error)) from error
    finally:
        connection.close()
