"""Whether a step can be sent: it has a text that can be filled in, and the first a subject.

Asked before a launch, while a running campaign is edited, and by the planner, so a half-written
step never leaves.
"""

from functools import lru_cache
from typing import Literal, NamedTuple

from app.sending.render import render_preview
from app.sending.render.html import text_of


class Unready(NamedTuple):
    """What a step lacks: the field to mend, and the rest of a sentence that begins with its name."""

    field: Literal["subject", "body_html"]
    why: str


@lru_cache(maxsize=2_000)
def unready(position: int, subject: str, body_html: str) -> Unready | None:
    """What keeps a step from being sent; None when nothing does. Remembered: each tick asks."""
    problem = render_preview(subject, body_html, {}).problem
    if problem:
        return Unready("body_html", f"cannot be filled in: {problem}")
    if not text_of(body_html).strip():
        return Unready("body_html", "has no text")
    if position == 1 and not subject.strip():
        return Unready("subject", "needs a subject")
    return None
