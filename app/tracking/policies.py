"""Pure rules: was it a person? Values in, verdict out.

Every hit is kept whatever the verdict; totals are shown with and without machines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

OPEN_TOO_SOON = 5.0  # seconds after the server took the mail
CLICK_TOO_SOON = 9.0
BURST_SECONDS = 2.0  # clicks are judged when this has passed
BURST_LINKS = 3

_GMAIL_PREFETCH = re.compile(r"Chrome/42\.0\.2311\.135 Safari/537\.36 Edge/12\.246")
_PROXIES = re.compile(r"GoogleImageProxy|YahooMailProxy|DuckDuckGo-Email", re.IGNORECASE)
_MACHINES = re.compile(
    r"bot\b|crawl|spider|slurp|preview|scan|curl/|wget|python|go-http|java/|okhttp|libwww|"
    r"httpclient|headless|phantom|barracuda|proofpoint|mimecast|forcepoint|symantec|trend ?micro|"
    r"sophos|fireeye|cloudmark|ironport|safelinks|microsoft office existence|mailscanner|"
    r"facebookexternalhit|slack|whatsapp|telegram|discord|skypeuri|monitor|validator",
    re.IGNORECASE,
)
_BROWSER = re.compile(
    r"(AppleWebKit|Gecko|Trident|MSIE|Opera|Outlook|Thunderbird|Mail)", re.IGNORECASE
)


class Verdict(StrEnum):
    """Who asked. A proxy that fetches when a person opens counts as a person."""

    HUMAN = "human"
    PROXY = "proxy"
    BOT = "bot"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Hit:
    """What is known of one request when it is judged."""

    kind: str  # open | click
    method: str
    user_agent: str
    at: datetime
    sent_at: datetime | None
    link_id: int | None = None
    others: Sequence[tuple[int | None, datetime]] = ()  # other clicks of this mail


def judge(hit: Hit) -> tuple[Verdict, str]:
    """The verdict and the rule that led to it."""
    agent = hit.user_agent.strip()
    if hit.method == "HEAD":
        return Verdict.BOT, "head_request"
    if _GMAIL_PREFETCH.search(agent):
        return Verdict.BOT, "gmail_prefetch"
    if _PROXIES.search(agent):
        return Verdict.PROXY, "image_proxy"
    if not agent or _MACHINES.search(agent):
        return Verdict.BOT, "user_agent"
    if _too_soon(hit):
        return Verdict.BOT, "too_soon"
    if agent == "Mozilla/5.0":
        return Verdict.BOT, "apple_privacy"
    if hit.kind == "click" and _is_burst(hit):
        return Verdict.BOT, "all_links_at_once"
    return (Verdict.HUMAN, "browser") if _BROWSER.search(agent) else (Verdict.UNKNOWN, "agent")


def _too_soon(hit: Hit) -> bool:
    """Nobody reads a mail the moment it arrives. Not recorded as sent yet counts as that moment."""
    limit = OPEN_TOO_SOON if hit.kind == "open" else CLICK_TOO_SOON
    return hit.sent_at is None or (hit.at - hit.sent_at).total_seconds() < limit


def _is_burst(hit: Hit) -> bool:
    """A security gateway follows every link within moments; a person follows one or two."""
    near = {
        link_id for link_id, at in hit.others if abs((at - hit.at).total_seconds()) <= BURST_SECONDS
    }
    return len(near | {hit.link_id}) >= BURST_LINKS


def is_safe_target(url: str) -> bool:
    """Only web addresses are ever redirected to."""
    return url.lower().startswith(("http://", "https://"))
