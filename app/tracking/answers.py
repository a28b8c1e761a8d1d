"""What a pixel and a link answer, from nothing but the address and who asks.

Asked by the short cuts before Flask (app/rooms.py) and, where these decline, by the views.
"""

from __future__ import annotations

from base64 import b64decode
from collections import OrderedDict
from contextlib import suppress

from werkzeug.urls import iri_to_uri

from app.core.clock import utcnow
from app.core.shortcuts import Answer, Environ
from app.core.signing import read_ids
from app.core.tenancy import unscoped
from app.tracking import hits, queries
from app.tracking.policies import is_safe_target
from app.web.security import plain_headers

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
# Never from a cache, never in an index, and no word about the mail to where a link leads.
PRIVATE = (
    ("Cache-Control", "no-store, private, max-age=0"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Robots-Tag", "noindex, nofollow"),
)
_KEPT = 5_000
_targets: OrderedDict[int, str] = OrderedDict()


def pixel(token: str, environ: Environ) -> Answer:
    """A picture of one point, whatever the token is; a true one is noted."""
    ids = read_ids("open", token.removesuffix(".gif"))
    if ids and len(ids) == 1:
        note(environ, ids[0], "open")
    return _answer("200 OK", ("Content-Type", "image/gif"), PIXEL)


def link(token: str, environ: Environ) -> Answer | None:
    """On to the target of a link, noted; None when the token is not ours or the target not known."""
    ids = read_ids("click", token)
    target = _targets.get(ids[1]) if ids and len(ids) == 2 else None
    if not ids or target is None:
        return None
    note(environ, ids[0], "click", ids[1])
    return _answer("302 FOUND", ("Location", target))


def learn_target(token: str) -> None:
    """Know where the link of a token leads. Links never change, so they are kept in memory."""
    ids = read_ids("click", token)
    if not ids or len(ids) != 2 or ids[1] in _targets:
        return
    with unscoped("a signed token names this link"):
        found = queries.link_target(ids[1])
    if found is not None and is_safe_target(found[1]):
        with suppress(ValueError):  # no address at all, such as one that a field of a lead made
            _targets[ids[1]] = iri_to_uri(found[1])  # headers are ASCII
    if len(_targets) > _KEPT:
        _targets.popitem(last=False)


def note(environ: Environ, outbox_id: int, kind: str, link_id: int | None = None) -> None:
    """Store that somebody asked."""
    hits.write(
        hits.RawHit(
            outbox_id=outbox_id,
            kind=kind,
            link_id=link_id,
            at=utcnow(),
            method=environ["REQUEST_METHOD"],
            ip=environ.get("REMOTE_ADDR", ""),
            user_agent=user_agent(environ),
        )
    )


def user_agent(environ: Environ) -> str:
    """What the client calls itself, as it fits into the table."""
    given: str = environ.get("HTTP_USER_AGENT", "")
    return given.replace("\0", "")[:300]


def _answer(status: str, header: tuple[str, str], body: bytes = b"") -> Answer:
    length = ("Content-Length", str(len(body)))
    return Answer(status, [header, length, *PRIVATE, *plain_headers()], body)
