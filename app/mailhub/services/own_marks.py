"""Our own pixels and tracked links in mail that we show or quote.

Whoever of the team reads a copy in Sent, or an answer with our mail below it, must not count as
the lead: pixels go, links lead straight to their target.
"""

import html
import re
from collections.abc import Callable

from app.core.settings import settings
from app.core.signing import read_ids
from app.mailhub.queries.messages import link_targets

_PIXEL = r'<img\b[^<>]*\bsrc="{own}/t/o/[^"<>]*"[^<>]*>'
_LINK = r"{own}/t/c/([A-Za-z0-9_-]{{8,200}})"


def unmarked_html(clean: str) -> str:
    """Sanitised HTML without our marks."""
    if not _has_marks(clean):
        return clean
    bare = re.sub(_PIXEL.format(own=_own()), "", clean)
    return _direct(bare, html.escape)


def unmarked_text(text: str) -> str:
    """The text of a mail without our marks."""
    return _direct(text, str) if _has_marks(text) else text


def _own() -> str:
    return re.escape(settings.public_url.rstrip("/"))


def _has_marks(source: str) -> bool:
    return f"{settings.public_url.rstrip('/')}/t/" in source


def _direct(source: str, written: Callable[[str], str]) -> str:
    """Tracked links of this workspace replaced by their targets, `written` as it is needed here."""
    pattern = re.compile(_LINK.format(own=_own()))
    ids = {token: _link_id(token) for token in pattern.findall(source)}
    targets = link_targets({number for number in ids.values() if number})

    def target(match: re.Match[str]) -> str:
        found = targets.get(ids[match[1]] or 0)
        return written(found) if found else match[0]

    return pattern.sub(target, source)


def _link_id(token: str) -> int | None:
    ids = read_ids("click", token)
    return ids[1] if ids and len(ids) == 2 else None
